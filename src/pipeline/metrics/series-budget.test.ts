import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeriesBudget } from './series-budget.ts'

test('each family has its guaranteed part; the pool is for who comes first, half of it for detail', () => {
  const budget = new SeriesBudget(100, 5)
  const [first, second] = [budget.open(), budget.open()]
  const takeAll = (account: typeof first, isDetail: boolean): number => {
    let taken = 0
    while (budget.take(account, 1, isDetail)) taken++
    return taken
  }
  assert.equal(takeAll(first, true), 10 + 25)
  assert.equal(takeAll(first, false), 25)
  assert.equal(takeAll(second, true), 10)
  assert.equal(takeAll(second, false), 0)
  assert.equal(budget.usedSeries, 70)
  budget.give(first, 2)
  assert.equal(takeAll(second, false), 2)
})

test('what does not fit as a whole is not taken', () => {
  const budget = new SeriesBudget(20, 1)
  const account = budget.open()
  assert.equal(budget.take(account, 17, false), true)
  assert.equal(budget.take(account, 17, false), false)
  assert.equal(budget.usedSeries, 17)
})
