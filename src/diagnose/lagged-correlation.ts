/** A value for each step of time; undefined where none is known. */
export type Points = readonly (number | undefined)[]

/** How two series go together if one of them is shifted in time. */
export interface LaggedCorrelation {
  /** How many steps later the second does what the first did; negative: earlier. */
  lagSteps: number
  pearson: number
  /** At the same lag; of ranks, so that a single spike that both have does not make it. */
  spearman: number
  /** In which both are known. */
  steps: number
  /** Of so many independent ones they are worth, as neighbours in time resemble each other. */
  effectiveSteps: number
}

/** Pearson's r; undefined without two points, or where one does not vary. */
export function pearsonOf(xs: readonly number[], ys: readonly number[]): number | undefined {
  const count = Math.min(xs.length, ys.length)
  if (count < 2) return undefined
  const meanX = sumOf(xs) / count
  const meanY = sumOf(ys) / count
  let products = 0
  let squaresX = 0
  let squaresY = 0
  for (let i = 0; i < count; i++) {
    const x = xs[i]! - meanX
    const y = ys[i]! - meanY
    products += x * y
    squaresX += x * x
    squaresY += y * y
  }
  const scale = Math.sqrt(squaresX) * Math.sqrt(squaresY)
  return scale > 0 ? Math.max(-1, Math.min(1, products / scale)) : undefined
}

/** Spearman's rank correlation: Pearson's of the ranks, equals sharing theirs. */
export function spearmanOf(xs: readonly number[], ys: readonly number[]): number | undefined {
  return pearsonOf(ranksOf(xs), ranksOf(ys))
}

/** From 1; equal values have the mean of their ranks. */
export function ranksOf(values: readonly number[]): number[] {
  const order = values.map((value, i) => ({ value, i })).toSorted((a, b) => a.value - b.value)
  const ranks = Array.from<number>({ length: values.length })
  for (let first = 0; first < order.length;) {
    let next = first + 1
    while (next < order.length && order[next]!.value === order[first]!.value) next++
    for (let k = first; k < next; k++) ranks[order[k]!.i] = (first + next + 1) / 2
    first = next
  }
  return ranks
}

/**
 * The lag at which the second series goes best with the first: the one with the greatest Pearson's r, of equals the least.
 *
 * @param leastSteps that both must be known in
 * @returns undefined where there is none with so many steps
 */
export function bestLag(
  first: Points,
  second: Points,
  { maxLagSteps, leastSteps }: { maxLagSteps: number; leastSteps: number },
): LaggedCorrelation | undefined {
  let best: { lagSteps: number; pearson: number; xs: number[]; ys: number[] } | undefined
  for (const lagSteps of lagsUpTo(maxLagSteps)) {
    const { xs, ys } = pairsAt(first, second, lagSteps)
    const pearson = xs.length < leastSteps ? undefined : pearsonOf(xs, ys)
    // What differs in rounding is equal.
    if (pearson !== undefined && pearson > (best?.pearson ?? -1) + 1e-9) best = { lagSteps, pearson, xs, ys }
  }
  if (!best) return undefined
  const { lagSteps, pearson, xs, ys } = best
  const spearman = spearmanOf(xs, ys) ?? 0
  return { lagSteps, pearson, spearman, steps: xs.length, effectiveSteps: effectiveStepsOf(xs, ys) }
}

/** 0, 1, -1, 2, -2 … */
function lagsUpTo(maxLagSteps: number): number[] {
  return [0, ...Array.from({ length: maxLagSteps }, (_, i) => [i + 1, -i - 1]).flat()]
}

function pairsAt(first: Points, second: Points, lagSteps: number): { xs: number[]; ys: number[] } {
  const xs: number[] = []
  const ys: number[] = []
  for (const [i, x] of first.entries()) {
    const y = second[i + lagSteps]
    if (x === undefined || y === undefined) continue
    xs.push(x)
    ys.push(y)
  }
  return { xs, ys }
}

/** Bartlett's (1935), by how much each resembles itself one step later: n (1 - ab) / (1 + ab). */
function effectiveStepsOf(xs: readonly number[], ys: readonly number[]): number {
  const own = (values: readonly number[]): number => Math.max(0, pearsonOf(values.slice(1), values.slice(0, -1)) ?? 0)
  const likeness = own(xs) * own(ys)
  return (xs.length * (1 - likeness)) / (1 + likeness)
}

/**
 * How likely a correlation at least as great is where there is none, by Fisher's transformation.
 *
 * @param steps that are independent of each other
 */
export function chanceOf(correlation: number, steps: number): number {
  if (steps <= 3) return 1
  const z = Math.atanh(Math.min(correlation, 1 - 1e-12)) * Math.sqrt(steps - 3)
  return upperTail(z)
}

/** Of the normal distribution: Abramowitz and Stegun 26.2.17, within 7.5e-8. */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z)
  const t = 1 / (1 + 0.231_641_9 * z)
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  const factors = [0.319_381_53, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429]
  return density * factors.reduceRight((sum, factor) => (sum + factor) * t, 0)
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
