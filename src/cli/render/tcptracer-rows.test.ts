import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectionEvent } from '../../model/connection-event.ts'
import { TcptracerRows } from './tcptracer-rows.ts'

const event: ConnectionEvent = {
  kind: 'connect',
  timeNs: 1_500_000_000,
  connectionId: 1,
  socket: {
    local: { address: '::1', port: 55_758 },
    peer: { address: '::1', port: 80 },
    ipVersion: 6,
    netns: 4_026_531_840,
  },
  owner: { pid: 28_818, tid: 28_818, uid: 1000, comm: 'curl', processStartNs: 0, source: 'syscall' },
  handshakeNs: 1000,
}

test("the example of tcptracer's own documentation", () => {
  const rows = new TcptracerRows({ timestamp: false, verbose: false, oneNetns: false, uid: false })
  assert.equal(rows.row(event), 'C  28818  curl             6  [::1]            [::1]            55758  80')
})

test('time counts from the first row; verbose is in nanoseconds', () => {
  const later = { ...event, timeNs: 5_046_000_000 }
  const seconds = new TcptracerRows({ timestamp: true, verbose: false, oneNetns: false, uid: false })
  assert.ok(seconds.row(event)?.startsWith('0.000    C  28818 '))
  assert.ok(seconds.row(later)?.startsWith('3.546    C  28818 '))
  const verbose = new TcptracerRows({ timestamp: true, verbose: true, oneNetns: false, uid: true })
  verbose.row(event)
  assert.equal(
    verbose.row(later),
    '3546000000    1000  connect      28818  curl             6  [::1]            [::1]            55758  80     4026531840',
  )
})

test('it has no row for what never was a connection', () => {
  const rows = new TcptracerRows({ timestamp: false, verbose: false, oneNetns: false, uid: false })
  assert.equal(rows.row({ ...event, kind: 'fail', error: 'ECONNREFUSED' }), undefined)
})

test('an unknown owner is pid 0', () => {
  const rows = new TcptracerRows({ timestamp: false, verbose: false, oneNetns: false, uid: false })
  assert.ok(rows.row({ ...event, owner: undefined })?.startsWith('C  0 '))
})
