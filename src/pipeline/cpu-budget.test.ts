import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CpuBudget, shedText } from './cpu-budget.ts'
import type { SelfCost } from './self-cost.ts'

/** A second of which so many per cent went to programs and agent alike. */
function aSecond(percent: number): SelfCost {
  return {
    wallNs: 1e9,
    agentCpuNs: (percent / 2) * 1e7,
    programs: [{ program: 'pickup_read_tp', runs: 1, runNs: (percent / 2) * 1e7 }],
  }
}

test('nothing is given up for two seconds over the budget, nor for three that do not follow each other', () => {
  const budget = new CpuBudget(0.01, ['connect', 'pickup', 'send'])
  for (const percent of [2, 2, 0.5, 2, 2, 1]) assert.equal(budget.judge(aSecond(percent)), undefined)
})

test('after three, the first of the order that is watched; then the next; connections never', () => {
  const budget = new CpuBudget(0.01, ['connect', 'send', 'accept', 'close', 'pickup'])
  const shed = Array.from({ length: 12 }, () => budget.judge(aSecond(2))?.signal)
  const told = shed.flatMap((signal, second) => (signal === undefined ? [] : [[second, signal]]))
  assert.deepEqual(told, [
    [2, 'pickup'],
    [5, 'send'],
  ])
})

test('it says what, how much, and the budget', () => {
  const budget = new CpuBudget(0.01, ['pickup'])
  budget.judge(aSecond(2.5))
  budget.judge(aSecond(2.5))
  const shed = budget.judge(aSecond(2.5))
  assert.ok(shed)
  assert.equal(shedText(shed), 'receive pickup: given up as wirelag used 2.5 % of a CPU, more than its budget of 1 %')
})
