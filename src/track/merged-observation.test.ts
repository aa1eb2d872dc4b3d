import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StateCount } from '../model/observation.ts'
import { mergedObservation } from './merged-observation.ts'
import { edge, observation, owner, socket } from './observation-examples.ts'

test('counts are summed by who and whom, times count from the begin of the first step', () => {
  const failures = { owner, socket, error: 'ECONNREFUSED', count: 2, firstNs: 5 }
  const merged = mergedObservation([
    { startNs: 100, observation: observation({ failures: [failures] }) },
    {
      startNs: 1100,
      observation: observation({
        failures: [
          { ...failures, count: 3, firstNs: 7 },
          { ...failures, error: 'ETIMEDOUT' },
        ],
      }),
    },
  ])
  assert.deepEqual(
    merged.failures.map(({ error, count, firstNs }) => [error, count, firstNs]),
    [
      ['ECONNREFUSED', 5, 5],
      ['ETIMEDOUT', 2, 1005],
    ],
  )
  assert.equal(merged.spanNs, 2000)
})

test("a pid that was given again is another's", () => {
  const lives = { owner, role: 'client' as const, socket, opened: 1, closed: 1, lifeNs: 5, bytes: 6 }
  const merged = mergedObservation([
    { startNs: 0, observation: observation({ lives: [lives] }) },
    {
      startNs: 1000,
      observation: observation({ lives: [lives, { ...lives, owner: { ...owner, processStartNs: 99 } }] }),
    },
  ])
  assert.deepEqual(
    merged.lives.map(({ opened, lifeNs, bytes }) => [opened, lifeNs, bytes]),
    [
      [2, 10, 12],
      [1, 5, 6],
    ],
  )
})

test('edges: histograms are merged, counts summed, and nothing that was given changes', () => {
  const steps = [edge([1e6, 2e6], 10), edge([4e6], 5), edge([], 1)].map((activity, i) => ({
    startNs: i * 1000,
    observation: observation({ edges: [activity] }),
  }))
  const [merged] = mergedObservation(steps).edges
  assert.equal(merged?.stages.pickup.count, 3)
  assert.equal(merged.stages.pickup.sumNs, 7e6)
  assert.equal(merged.stages.pickup.maxNs, 4e6)
  assert.equal(merged.stages.send.count, 0)
  assert.equal(merged.counts.sentBytes, 16)
  assert.equal(steps[0]?.observation.edges[0]?.stages.pickup.count, 2)
  assert.equal(mergedObservation(steps).edges[0]?.counts.sentBytes, 16)
})

test('more edges than are kept apart are summed up', () => {
  const many = Array.from({ length: 5000 }, (_, i) => edge([1e6], 1, { port: i }))
  const merged = mergedObservation([{ startNs: 0, observation: observation({ edges: many }) }]).edges
  assert.equal(merged.length, 4097)
  const others = merged.find((one) => one.edge.role === 'any')
  assert.equal(others?.stages.pickup.count, 5000 - 4096)
})

test('states: those of the last step, before as in the first that has them', () => {
  const count: StateCount = { state: 'CLOSE_WAIT', owner, netns: 1, peer: undefined, before: 5, now: 20 }
  const merged = mergedObservation([
    { startNs: 0, observation: observation({ states: [count] }) },
    {
      startNs: 1000,
      observation: observation({
        states: [
          { ...count, before: 20, now: 45 },
          { ...count, state: 'TIME_WAIT', before: 0, now: 3 },
        ],
      }),
    },
  ])
  assert.deepEqual(
    merged.states.map(({ state, before, now }) => [state, before, now]),
    [
      ['CLOSE_WAIT', 5, 45],
      ['TIME_WAIT', 0, 3],
    ],
  )
})

test('the share of idle time is of the time in which it is known', () => {
  const idle = (idleShare: number | undefined, spanNs: number): ReturnType<typeof observation> =>
    observation({ idleShare, spanNs })
  const steps = [idle(0.5, 1000), idle(undefined, 1000), idle(0.2, 2000)]
  const merged = mergedObservation(steps.map((step, i) => ({ startNs: i * 1000, observation: step })))
  assert.equal(merged.idleShare, 0.3)
})

test('what is told one by one is bounded', () => {
  const slow = Array.from({ length: 60_000 }, (_, i) => ({
    timeNs: i,
    owner,
    what: 'send' as const,
    latencyNs: 1,
  }))
  const step = observation({ slowTimes: slow })
  const merged = mergedObservation([0, 1000].map((startNs) => ({ startNs, observation: step })))
  assert.equal(merged.slowTimes.length, 100_000)
})

test('of nothing, nothing', () => {
  const merged = mergedObservation([])
  assert.equal(merged.spanNs, 0)
  assert.deepEqual(merged.edges, [])
  assert.equal(merged.idleShare, undefined)
  assert.equal(merged.host, undefined)
})
