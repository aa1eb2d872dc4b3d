import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketCount, bucketLowNs, LogLinearHistogram } from '../../histogram/log-linear-histogram.ts'
import { exponentialHistogram, maxBuckets } from './exponential-histogram.ts'

function withOneIn(buckets: readonly number[]): LogLinearHistogram {
  const counts = new Float64Array(bucketCount)
  for (const bucket of buckets) counts[bucket]!++
  return LogLinearHistogram.of({ counts, sumNs: 0, maxNs: 0 })
}

/** The bounds of a bucket, in nanoseconds: over the first, up to the second. */
function boundsNs(index: number, scale: number): [lowNs: number, highNs: number] {
  return [2 ** (index / 2 ** scale) * 1e9, 2 ** ((index + 1) / 2 ** scale) * 1e9]
}

test('nothing', () => {
  assert.deepEqual(exponentialHistogram(new LogLinearHistogram()), {
    scale: 3,
    zeroCount: 0,
    zeroThresholdSeconds: 1.024e-6,
    offset: 0,
    counts: [],
  })
})

test('what is under 1.024 µs is zero', () => {
  const histogram = new LogLinearHistogram()
  for (const ns of [0, 1, 1023]) histogram.record(ns)
  const { zeroCount, counts } = exponentialHistogram(histogram)
  assert.deepEqual([zeroCount, counts], [3, []])
})

test('one octave: each bucket with its middle', () => {
  const histogram = new LogLinearHistogram()
  // 2^20 ns is 1.05 ms; twelve in the first of its buckets, one in each of the others, three in the next octave.
  for (let i = 0; i < 11; i++) histogram.record(2 ** 20)
  for (let i = 0; i < 8; i++) histogram.record(2 ** 20 * (1 + i / 8))
  for (let i = 0; i < 3; i++) histogram.record(2 ** 21 * 1.9)
  const { scale, offset, counts } = exponentialHistogram(histogram)
  assert.equal(scale, 3)
  const [lowNs, highNs] = boundsNs(offset, scale)
  assert.ok(lowNs < 2 ** 20 * 1.0625 && 2 ** 20 * 1.0625 <= highNs)
  assert.deepEqual(counts, [12, 1, 1, 0, 2, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 3])
})

for (const { isWide, sampleShare, middleShare } of [
  { isWide: false, sampleShare: 0.14, middleShare: 0.092 },
  { isWide: true, sampleShare: 0.25, middleShare: 0.139 },
]) {
  test(`the error, ${isWide ? 'of more than 20 octaves' : 'of up to 20 octaves'}`, () => {
    for (let bucket = 1; bucket < bucketCount - 1; bucket++) {
      // The others make the range wide, and are not looked at.
      const wide = withOneIn(bucket < bucketCount / 2 ? [bucket, bucketCount - 1] : [1, bucket])
      const { scale, offset, counts } = exponentialHistogram(isWide ? wide : withOneIn([bucket]))
      if (isWide && scale === 3) continue
      const index = isWide && bucket >= bucketCount / 2 ? offset + counts.length - 1 : offset
      const [lowNs, highNs] = boundsNs(index, scale)
      const [ourLowNs, ourHighNs] = [bucketLowNs(bucket), bucketLowNs(bucket + 1)]
      const middleNs = (ourLowNs + ourHighNs) / 2
      assert.ok(lowNs < middleNs && middleNs <= highNs, `bucket ${bucket}: its middle`)
      assert.ok(Math.max(highNs / ourLowNs, ourHighNs / lowNs) - 1 <= sampleShare, `bucket ${bucket}: its samples`)
      const theirsNs = Math.sqrt(lowNs * highNs)
      assert.ok(Math.max(theirsNs / ourLowNs, ourHighNs / theirsNs) - 1 <= middleShare, `bucket ${bucket}: the middles`)
    }
  })
}

test('more than 160 buckets become half as many, and none of the counts is lost', () => {
  const everywhere = withOneIn(Array.from({ length: bucketCount }, (_, bucket) => bucket))
  const { scale, zeroCount, counts } = exponentialHistogram(everywhere)
  assert.deepEqual([scale, zeroCount, counts.length], [2, 1, 109])
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    bucketCount - 1,
  )
  assert.ok(counts.length <= maxBuckets)
})

test('the widest range of the finer scale', () => {
  // From 1.024 µs on, 160 buckets of an eighth of an octave.
  assert.deepEqual(shapeOf(withOneIn([1, 160])), { scale: 3, length: 160 })
  assert.deepEqual(shapeOf(withOneIn([1, 161])), { scale: 2, length: 81 })
})

function shapeOf(histogram: LogLinearHistogram): { scale: number; length: number } {
  const { scale, counts } = exponentialHistogram(histogram)
  return { scale, length: counts.length }
}

test('no count falls while the histogram grows', () => {
  const histogram = new LogLinearHistogram()
  let before: number[] = []
  for (let i = 0; i < 2000; i++) {
    histogram.record(2 ** 15 * 1.003 ** i)
    const { scale, offset, counts } = exponentialHistogram(histogram)
    assert.equal(scale, 3)
    const now = Array.from({ length: 400 }, (_, at) => counts[at - 200 - offset] ?? 0)
    assert.ok(before.every((count, at) => count <= now[at]!))
    before = now
  }
})
