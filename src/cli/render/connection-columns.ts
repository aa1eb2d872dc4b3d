import { printable } from '../../lib/printable.ts'
import type { ConnectionEvent } from '../../model/connection-event.ts'
import { clockTimeMs, ms, type Column } from './columns.ts'

/** A connection event and when it was, in nanoseconds since 1970. */
export interface ConnectionRow {
  event: ConnectionEvent
  unixNs: bigint
}

type Row = ConnectionRow

const none = '-'

/** The columns of `wirelag trace`; durations are milliseconds, sizes bytes, `-` what does not apply or is unknown. */
export const connectionColumns: readonly Column<Row>[] = [
  { title: 'TIME', width: 12, align: 'left', text: ({ unixNs }) => clockTimeMs(unixNs) },
  { title: 'TYPE', width: 7, align: 'left', text: ({ event }) => event.kind },
  { title: 'PID', width: 7, align: 'left', text: ({ event }) => String(event.owner?.pid ?? none) },
  { title: 'COMM', width: 15, align: 'left', text: ({ event }) => (event.owner ? printable(event.owner.comm) : none) },
  { title: 'IP', width: 2, align: 'left', text: ({ event }) => String(event.socket.ipVersion) },
  { title: 'SADDR', width: 15, align: 'left', text: ({ event }) => event.socket.local.address },
  { title: 'SPORT', width: 5, align: 'left', text: ({ event }) => String(event.socket.local.port) },
  { title: 'DADDR', width: 15, align: 'left', text: ({ event }) => event.socket.peer.address },
  { title: 'DPORT', width: 5, align: 'left', text: ({ event }) => String(event.socket.peer.port) },
  { title: 'HANDSHAKE', width: 9, align: 'right', text: ({ event }) => handshake(event) },
  {
    title: 'ACCEPTQ',
    width: 8,
    align: 'right',
    text: ({ event }) => (event.kind === 'accept' ? ms(event.acceptQueueNs) : none),
  },
  { title: 'DURATION', width: 11, align: 'right', text: ({ event }) => duration(event) },
  {
    title: 'SENT',
    width: 8,
    align: 'right',
    text: ({ event }) => (event.kind === 'close' ? String(event.bytesSent) : none),
  },
  {
    title: 'RECEIVED',
    width: 8,
    align: 'right',
    text: ({ event }) => (event.kind === 'close' ? String(event.bytesReceived) : none),
  },
  {
    title: 'RETR',
    width: 4,
    align: 'right',
    text: ({ event }) => (event.kind === 'close' ? String(event.retransmits) : none),
  },
  { title: 'RTT', width: 8, align: 'right', text: ({ event }) => rtt(event) },
  { title: 'ERROR', width: 12, align: 'left', text: ({ event }) => error(event) },
]

function handshake(event: ConnectionEvent): string {
  switch (event.kind) {
    case 'close':
      return none
    case 'pending':
      return `>${ms(event.waitedNs)}`
    default:
      return ms(event.handshakeNs)
  }
}

function duration(event: ConnectionEvent): string {
  if (event.kind !== 'close') return none
  return event.existedBefore ? `>${ms(event.durationNs)}` : ms(event.durationNs)
}

function rtt(event: ConnectionEvent): string {
  return event.kind === 'close' && event.rttUs !== undefined ? ms(event.rttUs * 1000) : none
}

function error(event: ConnectionEvent): string {
  return (event.kind === 'fail' || event.kind === 'close') && event.error !== undefined ? event.error : none
}
