import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bestLag, chanceOf, pearsonOf, ranksOf, spearmanOf } from './lagged-correlation.ts'

test("Pearson's r, of known data", () => {
  assert.equal(pearsonOf([1, 2, 3], [2, 4, 6])?.toFixed(9), '1.000000000')
  assert.equal(pearsonOf([1, 2, 3], [6, 4, 2])?.toFixed(9), '-1.000000000')
  // Anscombe's first set: 0.81642.
  const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
  const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
  assert.equal(pearsonOf(x, y)?.toFixed(5), '0.81642')
  assert.equal(spearmanOf(x, y)?.toFixed(5), '0.81818')
  assert.equal(pearsonOf([1, 1, 1], [1, 2, 3]), undefined)
  assert.equal(pearsonOf([1], [1]), undefined)
})

test('ranks; equals share theirs', () => {
  assert.deepEqual(ranksOf([30, 10, 20]), [3, 1, 2])
  assert.deepEqual(ranksOf([5, 1, 5, 5]), [3, 1, 3, 3])
  assert.deepEqual(ranksOf([]), [])
})

const one = '1.000000000'
const limits = { maxLagSteps: 6, leastSteps: 8 }
/** No two shifts of it resemble each other. */
const series = [3, 9, 1, 7, 2, 8, 8, 1, 5, 9, 4, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8]

for (const lag of [0, 1, 4, 6, -1, -5]) {
  test(`a copy that comes ${lag} steps later is found at ${lag}`, () => {
    const later = series
      .map((_, i) => series[i - lag])
      .map((value) => (value === undefined ? undefined : value * 10 + 7))
    const found = bestLag(series, later, limits)
    assert.deepEqual([found?.lagSteps, found?.pearson.toFixed(9), found?.spearman.toFixed(9)], [lag, one, one])
    assert.equal(found?.steps, series.length - Math.abs(lag))
  })
}

test('gaps on both sides are left out', () => {
  const first = series.map((value, i) => (i === 3 ? undefined : value))
  const second = series.map((_, i) => (i === 12 ? undefined : series[i - 2]))
  const found = bestLag(first, second, limits)
  assert.deepEqual([found?.lagSteps, found?.pearson.toFixed(9), found?.steps], [2, one, 20])
})

test('of lags that are equally good the least', () => {
  const period = [1, 5, 9, 1, 5, 9, 1, 5, 9, 1, 5, 9, 1, 5, 9, 1, 5, 9]
  assert.equal(bestLag(period, period, limits)?.lagSteps, 0)
})

test('too few steps in common, or nothing that varies', () => {
  assert.equal(bestLag([1, 2, 3], [1, 2, 3], limits), undefined)
  assert.equal(
    bestLag(
      series,
      series.map(() => 4),
      limits,
    ),
    undefined,
  )
})

test('neighbours that resemble each other are worth fewer steps', () => {
  const slow = Array.from({ length: 60 }, (_, i) => Math.floor(i / 10) % 2)
  const found = bestLag(slow, slow, limits)
  assert.equal(found?.steps, 60)
  assert.ok(found.effectiveSteps > 10 && found.effectiveSteps < 15, String(found.effectiveSteps))
  assert.equal(bestLag(series, series, limits)?.effectiveSteps, series.length)
})

test('chance', () => {
  assert.equal(chanceOf(0, 30).toFixed(6), '0.500000')
  // z = 1.959964 has a tail of 0.025.
  assert.equal(chanceOf(Math.tanh(1.959964 / 5), 28).toFixed(6), '0.025000')
  assert.equal(chanceOf(0.99, 3), 1)
  assert.ok(chanceOf(1, 40) < 1e-30)
})
