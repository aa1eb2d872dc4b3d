import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketCount, bucketLowNs, bucketOf, LogLinearHistogram } from './log-linear-histogram.ts'

test('every bucket begins where the one before it ends', () => {
  assert.equal(bucketCount, 218)
  for (let bucket = 1; bucket < bucketCount; bucket++) {
    assert.equal(bucketOf(bucketLowNs(bucket)), bucket)
    assert.equal(bucketOf(bucketLowNs(bucket) - 1), bucket - 1)
  }
  assert.deepEqual([bucketOf(0), bucketOf(1023), bucketOf(2 ** 37), bucketOf(2 ** 50)], [0, 0, 217, 217])
})

test('no bucket is wider than an eighth of its value', () => {
  for (let bucket = 1; bucket < bucketCount - 1; bucket++) {
    const low = bucketLowNs(bucket)
    assert.ok((bucketLowNs(bucket + 1) - low) / low <= 1 / 8)
  }
})

/** A repeatable source of numbers from 0 to 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const loads: Record<string, (next: () => number) => number> = {
  uniform: (next) => 1e5 + next() * 1e8,
  exponential: (next) => 2e5 - Math.log(1 - next()) * 5e6,
  bimodal: (next) => (next() < 0.9 ? 1e5 + next() * 1e5 : 2e8 + next() * 1e7),
}

for (const [name, sample] of Object.entries(loads)) {
  test(`quantiles of a ${name} load are within 6.25 % of the exact ones`, () => {
    const next = random(42)
    const values = Array.from({ length: 10_000 }, () => Math.round(sample(next)))
    const histogram = new LogLinearHistogram()
    for (const value of values) histogram.record(value)
    const sorted = values.toSorted((a, b) => a - b)
    for (const q of [0.5, 0.9, 0.95, 0.99, 0.999]) {
      const exact = sorted[Math.ceil(q * sorted.length) - 1]!
      const told = histogram.quantileNs(q)!
      assert.ok(Math.abs(told - exact) <= 0.0625 * exact, `p${q * 100}: ${told} for ${exact}`)
    }
    assert.deepEqual([histogram.count, histogram.maxNs], [10_000, sorted.at(-1)])
    assert.equal(histogram.quantileNs(1)! <= histogram.maxNs, true)
    assert.equal(
      histogram.sumNs,
      values.reduce((sum, value) => sum + value, 0),
    )
  })
}

test('merging is as if all had been recorded in one', () => {
  const [a, b, both] = [new LogLinearHistogram(), new LogLinearHistogram(), new LogLinearHistogram()]
  for (const [i, value] of [1, 5e3, 7e6, 3e9, 2e11, 8e5].entries()) {
    ;(i % 2 === 0 ? a : b).record(value)
    both.record(value)
  }
  a.merge(b)
  assert.deepEqual(a, both)
})

test('an empty histogram has no quantile', () => {
  assert.equal(new LogLinearHistogram().quantileNs(0.5), undefined)
})
