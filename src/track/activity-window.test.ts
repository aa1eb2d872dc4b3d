import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EdgeActivity } from '../model/edge.ts'
import { ActivityWindow } from './activity-window.ts'
import { noActivity } from './edge-activity.ts'

const s = 1e9

/** One send call of a process. */
function sendOf(pid: number, sendNs: number, protocol: 'tcp' | 'udp' = 'tcp'): EdgeActivity {
  const activity = noActivity({
    process: { pid, startNs: pid, comm: `p${pid}` },
    protocol,
    role: 'any',
    peerAddress: undefined,
    port: undefined,
    netns: undefined,
  })
  activity.counts.sentBytes = 10
  activity.stages.send.record(sendNs)
  return activity
}

function sums(activities: readonly EdgeActivity[]): string[] {
  return activities.map(
    ({ edge, counts, stages }) =>
      `${edge.process?.pid ?? 'others'} ${edge.protocol}: ${stages.send.count} calls, ${stages.send.sumNs} ns, ` +
      `${stages.send.maxNs} max, ${counts.sentBytes} B`,
  )
}

const options = { startNs: 0, windowNs: 10 * s, stepNs: s }

test('what was added in the window is summed up by process and protocol', () => {
  const window = new ActivityWindow(options)
  window.add([sendOf(1, 100), sendOf(2, 50)], 1 * s)
  window.add([sendOf(1, 300), sendOf(1, 20, 'udp')], 2 * s)
  assert.deepEqual(sums(window.activities(2 * s)), [
    '1 tcp: 2 calls, 400 ns, 300 max, 20 B',
    '2 tcp: 1 calls, 50 ns, 50 max, 10 B',
    '1 udp: 1 calls, 20 ns, 20 max, 10 B',
  ])
})

test('a slot is forgotten when its end leaves the window, with its maximum', () => {
  const window = new ActivityWindow(options)
  for (let second = 1; second <= 12; second++) window.add([sendOf(1, second)], second * s)
  // The slots that ended at 3 s to 12 s.
  assert.deepEqual(sums(window.activities(12 * s)), ['1 tcp: 10 calls, 75 ns, 12 max, 100 B'])
  assert.deepEqual(sums(window.activities(21.5 * s)), ['1 tcp: 1 calls, 12 ns, 12 max, 10 B'])
  assert.deepEqual(sums(window.activities(22 * s)), [])
})

test('the first window is whole at its end', () => {
  const window = new ActivityWindow(options)
  for (let second = 1; second <= 10; second++) window.add([sendOf(1, 1)], second * s)
  assert.equal(window.activities(10 * s)[0]?.stages.send.count, 10)
})

test('what is added within a step is one slot', () => {
  const window = new ActivityWindow(options)
  window.add([sendOf(1, 1)], 0.5 * s)
  window.add([sendOf(1, 2)], 1 * s)
  window.add([sendOf(1, 4)], 1.5 * s)
  // At 10.6 s the first two calls would be split if they were apart.
  assert.deepEqual(sums(window.activities(10.6 * s)), ['1 tcp: 3 calls, 7 ns, 4 max, 30 B'])
  assert.deepEqual(sums(window.activities(11.2 * s)), ['1 tcp: 1 calls, 4 ns, 4 max, 10 B'])
})

test('a long window of short steps has longer slots', () => {
  const window = new ActivityWindow({ startNs: 0, windowNs: 100 * s, stepNs: s, maxSlots: 10 })
  for (let second = 1; second <= 205; second++) window.add([sendOf(1, 1)], second * s)
  // The slots of 10 s that ended after 105 s, the first of them at 110 s.
  assert.equal(window.activities(205 * s)[0]?.stages.send.count, 105)
})

test('an earlier result is not changed by what comes after', () => {
  const window = new ActivityWindow(options)
  window.add([sendOf(1, 1)], 1 * s)
  const before = window.activities(1 * s)
  window.add([sendOf(1, 1)], 2 * s)
  window.activities(2 * s)
  assert.equal(before[0]?.stages.send.count, 1)
  assert.equal(before[0]?.stages.pickup.count, 0)
})

test('processes beyond the most that are kept apart are summed up, none is lost', () => {
  const window = new ActivityWindow({ ...options, maxProcesses: 2 })
  window.add([1, 2, 3, 4].map((pid) => sendOf(pid, 1)).concat(sendOf(5, 1, 'udp')), 0.2 * s)
  window.add([sendOf(4, 1), sendOf(2, 1)], 0.4 * s)
  assert.deepEqual(sums(window.activities(0.4 * s)), [
    '1 tcp: 1 calls, 1 ns, 1 max, 10 B',
    '2 tcp: 2 calls, 2 ns, 1 max, 20 B',
    '5 udp: 1 calls, 1 ns, 1 max, 10 B',
    'others tcp: 3 calls, 3 ns, 1 max, 30 B',
  ])
})
