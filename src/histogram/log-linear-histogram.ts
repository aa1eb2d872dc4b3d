/** Sub-buckets of an octave: a bucket is at most 1/8 wide of its value, its middle at most 1/16 (6.25 %) off. */
const subBuckets = 8
/** 2^10 ns: what is below 1.024 µs is one bucket. */
const minExponent = 10
/** 2^37 ns: what is from 137 s on is one bucket. */
const maxExponent = 37

/** Under 2^10 ns, 27 octaves of 8, from 2^37 ns. The same as WL_HISTOGRAM_BUCKETS. */
export const bucketCount = 2 + (maxExponent - minExponent) * subBuckets

/** The bucket of a duration; the same as histogram_bucket() in bpf/lib/histogram.h. */
export function bucketOf(ns: number): number {
  if (ns < 2 ** minExponent) return 0
  if (ns >= 2 ** maxExponent) return bucketCount - 1
  const exponent = 31 - Math.clz32(ns / 2 ** minExponent) + minExponent
  return 1 + (exponent - minExponent) * subBuckets + (Math.floor(ns / 2 ** (exponent - 3)) & (subBuckets - 1))
}

/** The least duration of a bucket, in nanoseconds; of `bucketCount`, the end of the last bucket: Infinity. */
export function bucketLowNs(bucket: number): number {
  if (bucket <= 0) return 0
  if (bucket >= bucketCount) return Infinity
  const octave = Math.floor((bucket - 1) / subBuckets)
  return 2 ** (minExponent + octave) * (1 + ((bucket - 1) % subBuckets) / subBuckets)
}

/** Counts of a histogram's buckets, to be read. */
export type BucketCounts = Readonly<
  Pick<Float64Array, 'length' | 'entries' | 'findIndex' | 'findLastIndex' | 'map' | 'reduce' | 'slice' | 'subarray'>
> & { readonly [bucket: number]: number }

/** Of every histogram in which nothing was counted yet; never written to. */
const noCounts = new Float64Array(bucketCount)

/**
 * Durations counted in log-linear buckets from 1 µs to 137 s, 8 an octave; merges exactly, and tells quantiles within
 * 6.25 %. Count, sum and maximum are exact. One that is empty takes no room for its buckets.
 */
export class LogLinearHistogram {
  private buckets: Float64Array = noCounts
  count = 0
  sumNs = 0
  maxNs = 0

  /** From counts made elsewhere, such as in the kernel. */
  static of(parts: { counts: ArrayLike<number>; sumNs: number; maxNs: number }): LogLinearHistogram {
    const histogram = new LogLinearHistogram()
    histogram.#written().set(parts.counts)
    histogram.count = histogram.buckets.reduce((sum, count) => sum + count, 0)
    histogram.sumNs = parts.sumNs
    histogram.maxNs = parts.maxNs
    return histogram
  }

  get counts(): BucketCounts {
    return this.buckets
  }

  #written(): Float64Array {
    if (this.buckets === noCounts) this.buckets = new Float64Array(bucketCount)
    return this.buckets
  }

  record(ns: number): void {
    this.#written()[bucketOf(ns)]!++
    this.count++
    this.sumNs += ns
    if (ns > this.maxNs) this.maxNs = ns
  }

  /** Counts so many more samples in a bucket, or fewer; sum and maximum are the caller's to set. */
  addCount(bucket: number, count: number): void {
    this.#written()[bucket]! += count
    this.count += count
  }

  merge(other: LogLinearHistogram): void {
    if (other.count === 0) return
    const buckets = this.#written()
    for (let i = 0; i < bucketCount; i++) buckets[i]! += other.buckets[i]!
    this.count += other.count
    this.sumNs += other.sumNs
    if (other.maxNs > this.maxNs) this.maxNs = other.maxNs
  }

  /**
   * The duration below or at which a share `q` (0 to 1) of the samples lies: the middle of the bucket of the sample of
   * rank ceil(q × count), never over the maximum. Undefined for an empty histogram.
   */
  quantileNs(q: number): number | undefined {
    if (this.count === 0) return undefined
    const rank = Math.max(1, Math.ceil(q * this.count))
    let seen = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.buckets[bucket]!
      if (seen < rank) continue
      const highNs = bucketLowNs(bucket + 1)
      return highNs === Infinity ? this.maxNs : Math.min(this.maxNs, (bucketLowNs(bucket) + highNs) / 2)
    }
    return this.maxNs
  }
}
