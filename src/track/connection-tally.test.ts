import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectionEvent } from '../model/connection-event.ts'
import { ConnectionTally } from './connection-tally.ts'

function facts(
  connectionId: number,
  peer: string,
): Pick<ConnectionEvent, 'timeNs' | 'connectionId' | 'socket' | 'owner'> {
  return {
    timeNs: 0,
    connectionId,
    socket: { local: { address: '10.0.0.1', port: 8080 }, peer: { address: peer, port: 80 }, ipVersion: 4, netns: 1 },
    owner: { pid: 1, tid: 1, uid: 0, comm: 'web', processStartNs: 0, source: 'syscall' },
  }
}

const closed = {
  kind: 'close',
  durationNs: 1,
  existedBefore: false,
  bytesSent: 10,
  bytesReceived: 20,
  retransmits: 1,
  rttUs: 1,
  minRttUs: 1,
  busyMs: 0,
  receiverLimitedMs: 0,
  sendLimitedMs: 0,
  error: undefined,
} as const

test('sums up by program, direction and peer', () => {
  const tally = new ConnectionTally()
  tally.add({ kind: 'connect', ...facts(1, '10.0.0.2'), handshakeNs: 1e6 })
  tally.add({ kind: 'connect', ...facts(2, '10.0.0.2'), handshakeNs: 3e6 })
  tally.add({ kind: 'fail', ...facts(3, '10.0.0.2'), handshakeNs: 1, error: 'ETIMEDOUT' })
  tally.add({ kind: 'accept', ...facts(4, '10.0.0.2'), handshakeNs: undefined, acceptQueueNs: 5e6 })
  assert.equal(tally.openCount, 3)
  for (const id of [1, 2, 4]) tally.add({ ...facts(id, '10.0.0.2'), ...closed })
  assert.equal(tally.openCount, 0)
  assert.deepEqual(
    tally
      .peers()
      .map(({ direction, port, opened, failures, closed: ended, bytesSent }) => [
        direction,
        port,
        opened,
        [...failures],
        ended,
        bytesSent,
      ]),
    [
      ['to', 80, 2, [['ETIMEDOUT', 1]], 2, 20],
      ['from', 8080, 1, [], 1, 10],
    ],
  )
})

test('it stays bounded: more peers share a row', () => {
  const tally = new ConnectionTally(2)
  for (let i = 0; i < 10; i++) tally.add({ kind: 'connect', ...facts(i, `10.0.1.${i}`), handshakeNs: 1 })
  assert.deepEqual(
    tally.peers().map(({ address, opened }) => [address, opened]),
    [
      ['(others)', 8],
      ['10.0.1.0', 1],
      ['10.0.1.1', 1],
    ],
  )
})
