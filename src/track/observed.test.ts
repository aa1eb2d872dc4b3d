import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectionEvent } from '../model/connection-event.ts'
import type { PacketEvent } from '../model/packet-event.ts'
import type { Owner } from '../model/process.ts'
import type { SocketPair } from '../model/socket.ts'
import { ObservedEvents } from './observed.ts'

const owner: Owner = { pid: 7, tid: 7, uid: 0, comm: 'web', processStartNs: 1, source: 'syscall' }

function socket(localPort: number, peerPort: number): SocketPair {
  return {
    local: { address: '10.0.0.1', port: localPort },
    peer: { address: '10.0.0.2', port: peerPort },
    ipVersion: 4,
    netns: 1,
  }
}

/** One connection of a client, from port `port`, that lived for `lifeNs`. */
function connection(id: number, port: number, lifeNs: number): ConnectionEvent[] {
  const facts = { timeNs: id, connectionId: id, socket: socket(port, 5432), owner }
  return [
    { kind: 'connect', ...facts, handshakeNs: 1000 },
    {
      kind: 'close',
      ...facts,
      durationNs: lifeNs,
      existedBefore: false,
      bytesSent: 10,
      bytesReceived: 90,
      retransmits: 0,
      rttUs: undefined,
      minRttUs: undefined,
      busyMs: 0,
      receiverLimitedMs: 0,
      sendLimitedMs: 0,
      error: undefined,
    },
  ]
}

test('connections of a process with one peer are one, whatever their own ports', () => {
  const events = new ObservedEvents()
  for (const event of [...connection(1, 40_000, 2e6), ...connection(2, 40_001, 4e6)]) events.addConnection(event)
  assert.deepEqual(
    events.lives.map(({ role, opened, closed, lifeNs, bytes }) => ({ role, opened, closed, lifeNs, bytes })),
    [{ role: 'client', opened: 2, closed: 2, lifeNs: 6e6, bytes: 200 }],
  )
})

test("the end of a connection whose begin was not seen is nobody's", () => {
  const events = new ObservedEvents()
  for (const event of connection(1, 40_000, 2e6).slice(1)) events.addConnection(event)
  assert.deepEqual(events.lives, [])
})

test('failures are summed up by errno and peer', () => {
  const events = new ObservedEvents()
  for (const [i, error] of ['ECONNREFUSED', 'ECONNREFUSED', 'ETIMEDOUT'].entries())
    events.addConnection({
      kind: 'fail',
      timeNs: i,
      connectionId: i,
      socket: socket(40_000 + i, 5432),
      owner,
      error,
      handshakeNs: 1,
    })
  assert.deepEqual(
    events.failures.map(({ error, count, firstNs }) => [error, count, firstNs]),
    [
      ['ECONNREFUSED', 2, 0],
      ['ETIMEDOUT', 1, 2],
    ],
  )
})

test('retransmits by kind, with the time of the timers; drops by reason, with whose they are', () => {
  const events = new ObservedEvents()
  const facts = { timeNs: 5, connectionId: 1, socket: socket(40_000, 5432), owner }
  const packets: PacketEvent[] = [
    { kind: 'retransmit', ...facts, type: 'syn', stallNs: 1e9 },
    { kind: 'retransmit', ...facts, type: 'rto', stallNs: 200e6 },
    { kind: 'retransmit', ...facts, type: 'tlp', stallNs: 0 },
    { kind: 'retransmit', ...facts, type: 'fast', stallNs: 0 },
    { kind: 'retransmit', ...facts, owner: undefined, type: 'rto', stallNs: 200e6 },
    { kind: 'drop', ...facts, protocol: 'tcp', reason: 'QDISC_DROP' },
    { kind: 'drop', ...facts, owner: undefined, protocol: 'tcp', reason: 'QDISC_DROP' },
    { kind: 'reset', ...facts, direction: 'sent' },
  ]
  for (const packet of packets) events.addPacket(packet)
  assert.deepEqual(
    events.retransmits.map(({ syn, rto, other, stallNs }) => ({ syn, rto, other, stallNs })),
    [{ syn: 1, rto: 1, other: 2, stallNs: 200e6 }],
  )
  assert.deepEqual(
    events.drops.map(({ reason, count, owners }) => [reason, count, owners.map(({ pid }) => pid)]),
    [['QDISC_DROP', 2, [7]]],
  )
})

test('waits of one thread are one reader; datagrams are left out', () => {
  const events = new ObservedEvents()
  const sample = {
    kind: 'pickup' as const,
    timeNs: 1,
    connectionId: 1,
    socket: socket(80, 40_000),
    reader: owner,
    isLowerBound: false,
  }
  for (const latencyNs of [10e6, 30e6]) events.addPickup({ ...sample, protocol: 'tcp', latencyNs })
  events.addPickup({ ...sample, protocol: 'udp', latencyNs: 90e6 })
  assert.deepEqual(
    events.pickups.map(({ count, waitedNs, longestNs }) => ({ count, waitedNs, longestNs })),
    [{ count: 2, waitedNs: 40e6, longestNs: 30e6 }],
  )
})
