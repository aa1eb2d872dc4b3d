import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Edge } from '../model/edge.ts'
import type { PickupSample } from '../model/pickup-sample.ts'
import type { Owner } from '../model/process.ts'
import type { TopRow } from '../model/top-row.ts'
import { noActivity } from './edge-activity.ts'
import { SlowSamples, slowSamplesOf } from './slow-samples.ts'
import { topRows } from './top-rows.ts'

const ms = 1e6
const owner: Owner = { pid: 7, tid: 8, uid: 0, comm: 'web', processStartNs: 100, source: 'syscall' }
const socket = {
  local: { address: '10.0.0.9', port: 40_000 },
  peer: { address: '10.0.0.1', port: 80 },
  ipVersion: 4,
  netns: 1,
} as const
const facts = { timeNs: 1, connectionId: 1, socket, owner }

function pickup(timeNs: number, peerPort = 80, pid = 7): PickupSample {
  const peer = { address: '10.0.0.1', port: peerPort }
  const reader = { ...owner, pid }
  const common = { kind: 'pickup', connectionId: 1, protocol: 'tcp', isLowerBound: false } as const
  return { ...common, timeNs, socket: { ...socket, peer }, reader, latencyNs: 9 * ms }
}

function gist(event: Parameters<typeof slowSamplesOf>[0]): string[] {
  return slowSamplesOf(event, 5 * ms).map(({ what, latencyNs, detail }) => `${what} ${latencyNs / ms} ${detail}`.trim())
}

test('of each event the stages that took longer, and every failure', () => {
  const send = { sender: owner, protocol: 'tcp', blockedNs: 0, bytes: 1, error: undefined } as const
  assert.deepEqual(
    [
      gist({ kind: 'connect', ...facts, handshakeNs: 6 * ms }),
      gist({ kind: 'connect', ...facts, handshakeNs: 5 * ms }),
      gist({ kind: 'connect', ...facts, handshakeNs: undefined }),
      gist({ kind: 'accept', ...facts, handshakeNs: 6 * ms, acceptQueueNs: 7 * ms }),
      gist({ kind: 'fail', ...facts, handshakeNs: 0.1 * ms, error: 'ECONNREFUSED' }),
      gist({ kind: 'retransmit', ...facts, type: 'rto', stallNs: 204 * ms }),
      gist({ kind: 'retransmit', ...facts, type: 'fast', stallNs: 0 }),
      gist({ kind: 'reset', ...facts, direction: 'sent' }),
      gist({ kind: 'connect', ...facts, owner: undefined, handshakeNs: 6 * ms }),
      gist({ kind: 'send', ...facts, ...send, latencyNs: 8 * ms, metZeroWindow: true }),
      gist(pickup(1)),
    ],
    [
      ['handshake 6'],
      [],
      [],
      ['handshake 6', 'acceptQueue 7'],
      ['handshake 0.1 ECONNREFUSED'],
      ['retransmit 204 rto'],
      [],
      [],
      [],
      ['send 8 zero window'],
      ['pickup 9'],
    ],
  )
})

const edge: Edge = {
  process: { pid: 7, startNs: 100, comm: 'web' },
  protocol: 'tcp',
  role: 'client',
  peerAddress: '10.0.0.1',
  port: 80,
  netns: 1,
}

function rowOf(of: Edge, grouping: 'process' | 'edge' = 'edge'): TopRow {
  return topRows([noActivity(of)], grouping)[0]!
}

/** Samples of these times. */
function kept(samples: readonly PickupSample[], bounds = {}): SlowSamples {
  const slow = new SlowSamples(bounds)
  for (const sample of samples) for (const one of slowSamplesOf(sample, 5 * ms)) slow.add(one)
  return slow
}

function times(slow: SlowSamples, row: TopRow, limit = 50, untilNs = Infinity): number[] {
  return slow.of(row, limit, untilNs).map(({ timeNs }) => timeNs)
}

test('those of an edge, those of its process, the newest first', () => {
  const slow = kept([pickup(1), pickup(2, 443), pickup(3), pickup(4, 80, 9)])
  assert.deepEqual(times(slow, rowOf(edge)), [3, 1])
  assert.deepEqual(times(slow, rowOf({ ...edge, port: 443 })), [2])
  assert.deepEqual(times(slow, rowOf({ ...edge, role: 'server', port: 40_000 })), [3, 2, 1])
  for (const other of [{ protocol: 'udp' }, { netns: 2 }, { peerAddress: '10.0.0.2' }, { role: 'server' }] as const)
    assert.deepEqual(times(slow, rowOf({ ...edge, ...other })), [])
  assert.deepEqual(times(slow, rowOf(edge, 'process')), [3, 2, 1])
})

test('a process that has the pid of another is not that one', () => {
  const slow = kept([pickup(1)])
  assert.deepEqual(times(slow, rowOf({ ...edge, process: { pid: 7, startNs: 200, comm: 'web' } })), [])
})

test('no more than asked for, none from after the moment that is shown', () => {
  const slow = kept([1, 2, 3, 4].map((timeNs) => pickup(timeNs)))
  assert.deepEqual(times(slow, rowOf(edge), 2, 3), [3, 2])
})

test('bounded: the oldest of a peer, and the peers that had none for the longest time', () => {
  const slow = kept([pickup(1), pickup(2), pickup(3), pickup(4, 80, 9), pickup(5), pickup(6, 80, 11)], {
    maxPeers: 2,
    maxOfPeer: 3,
  })
  assert.deepEqual(times(slow, rowOf(edge)), [5, 3, 2])
  assert.deepEqual(times(slow, rowOf({ ...edge, process: { pid: 9, startNs: 100, comm: 'web' } })), [])
})
