import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EdgeActivity } from '../model/edge.ts'
import { noActivity } from './edge-activity.ts'
import { EdgeWindow } from './edge-window.ts'

const s = 1e9
const options = { startNs: 0, windowNs: 10 * s, stepNs: s }

/** One pickup of a process from one peer. */
function pickupOf(pid: number, peerAddress: string, pickupNs: number): EdgeActivity {
  const activity = noActivity({
    process: { pid, startNs: pid, comm: `p${pid}` },
    protocol: 'tcp',
    role: 'client',
    peerAddress,
    port: 80,
    netns: 1,
  })
  activity.stages.pickup.record(pickupNs)
  activity.counts.retransmits.rto = 1
  activity.rttUs = pickupNs / 1000
  return activity
}

function sums(window: EdgeWindow): string[] {
  return window.activities().map(({ edge, counts, stages, rttUs }) => {
    const { count, sumNs, maxNs } = stages.pickup
    return `${edge.process?.pid ?? 'others'} ${edge.peerAddress}: ${count}, ${sumNs} ns, max ${maxNs}, ${counts.retransmits.rto} RTO, RTT ${rttUs}`
  })
}

test('each edge is summed up by itself, the latest RTT counts', () => {
  const window = new EdgeWindow(options)
  window.add([pickupOf(1, '10.0.0.1', 1000), pickupOf(1, '10.0.0.2', 5000)], 1 * s)
  window.add([pickupOf(1, '10.0.0.1', 3000)], 2 * s)
  window.add([pickupOf(1, '10.0.0.1', 2000)], 3 * s)
  assert.deepEqual(sums(window), [
    '1 10.0.0.1: 3, 6000 ns, max 3000, 3 RTO, RTT 2',
    '1 10.0.0.2: 1, 5000 ns, max 5000, 1 RTO, RTT 5',
  ])
  assert.equal(window.spanNs, 3 * s)
})

test('quantiles come through the packing', () => {
  const window = new EdgeWindow(options)
  const values = [100, 2_000, 90_000, 5_000_000, 140_000_000_000]
  for (const [i, ns] of values.entries()) window.add([pickupOf(1, '10.0.0.1', ns)], (i + 1) * s)
  const expected = noActivity(pickupOf(1, '10.0.0.1', 1).edge).stages.pickup
  for (const ns of values) expected.record(ns)
  assert.deepEqual(window.activities()[0]?.stages.pickup, expected)
})

test('what has left the window is forgotten, and its span is what is left', () => {
  const window = new EdgeWindow(options)
  for (let i = 1; i <= 11; i++) window.add([pickupOf(i, '10.0.0.1', 1000)], i * s)
  assert.deepEqual(
    window.activities().map(({ edge }) => edge.process?.pid),
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  )
  assert.equal(window.spanNs, 10 * s)
  window.add([], 40 * s)
  assert.deepEqual(sums(window), [])
})

test('several harvests within a step are one slot; what is added is left as it is', () => {
  const window = new EdgeWindow(options)
  const added = pickupOf(1, '10.0.0.1', 1000)
  for (let i = 1; i <= 4; i++) window.add([added], i * 0.25 * s)
  assert.deepEqual(sums(window), ['1 10.0.0.1: 4, 4000 ns, max 1000, 4 RTO, RTT 1'])
  assert.equal(added.stages.pickup.count, 1)
})

test('asking twice gives the same', () => {
  const window = new EdgeWindow(options)
  window.add([pickupOf(1, '10.0.0.1', 1000)], s)
  assert.deepEqual(sums(window), sums(window))
})

test('edges beyond the bound are summed up', () => {
  const window = new EdgeWindow({ ...options, maxEdges: 2 })
  window.add(
    [1, 2, 3, 4].map((pid) => pickupOf(pid, '10.0.0.1', 1000)),
    s,
  )
  assert.deepEqual(sums(window), [
    '1 10.0.0.1: 1, 1000 ns, max 1000, 1 RTO, RTT 1',
    '2 10.0.0.1: 1, 1000 ns, max 1000, 1 RTO, RTT 1',
    'others undefined: 2, 2000 ns, max 1000, 2 RTO, RTT 1',
  ])
})

test('a process over TCP and over UDP is two', () => {
  const window = new EdgeWindow(options)
  const [tcp, udp] = (['tcp', 'udp'] as const).map((protocol) => {
    const activity = pickupOf(1, '10.0.0.1', 1000)
    return { ...activity, edge: { ...activity.edge, protocol } }
  })
  window.add([tcp!, udp!], s)
  window.add([udp!], 2 * s)
  assert.deepEqual(
    window.activities().map(({ edge, stages }) => [edge.protocol, stages.pickup.count]),
    [
      ['tcp', 1],
      ['udp', 2],
    ],
  )
})
