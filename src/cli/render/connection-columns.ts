import { printable } from '../../lib/printable.ts'
import type { ConnectionEvent } from '../../model/connection-event.ts'
import type { ToldHistory } from '../../model/incident.ts'
import type { Ledger } from '../../model/ledger.ts'
import type { PacketEvent } from '../../model/packet-event.ts'
import { clockTimeMs, ms, type Column } from './columns.ts'
import { ownerColumns, type OwnerColumn } from './owner-columns.ts'
import { historyCauseText, historyTexts } from './socket-history-text.ts'
import { ledgerText } from './ledger-text.ts'

/** What `wirelag trace` has a row for. */
export type TraceEvent = ConnectionEvent | PacketEvent | Ledger | ToldHistory

/** An event and when it was, in nanoseconds since 1970. */
export interface TraceRow {
  event: TraceEvent
  unixNs: bigint
}

type Row = TraceRow

const none = '-'

/** The columns of `wirelag trace`; durations are milliseconds, sizes bytes, `-` what does not apply or is unknown. */
export function connectionColumns(shown: OwnerColumn | undefined, isTerminal: boolean): Column<Row>[] {
  const [time, ...others] = columns
  const [type, pid, comm, ...rest] = others
  const owners = ownerColumns<Row>(({ event }) => event.owner, shown, isTerminal)
  return [time, type, pid, comm, ...owners, ...rest].filter((column) => column !== undefined)
}

const columns: readonly Column<Row>[] = [
  { title: 'TIME', width: 12, align: 'left', text: ({ unixNs }) => clockTimeMs(unixNs) },
  { title: 'TYPE', width: 10, align: 'left', text: ({ event }) => typeOf(event) },
  { title: 'PID', width: 7, align: 'left', text: ({ event }) => String(event.owner?.pid ?? none) },
  { title: 'COMM', width: 15, align: 'left', text: ({ event }) => (event.owner ? printable(event.owner.comm) : none) },
  { title: 'IP', width: 2, align: 'left', text: ({ event }) => String(event.socket.ipVersion) },
  { title: 'SADDR', width: 15, align: 'left', text: ({ event }) => event.socket.local.address },
  { title: 'SPORT', width: 5, align: 'left', text: ({ event }) => String(event.socket.local.port) },
  {
    title: 'DADDR',
    width: 15,
    align: 'left',
    text: ({ event }) => printable(event.socket.peer.name ?? event.socket.peer.address),
  },
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
  { title: 'DETAIL', width: 12, align: 'left', text: ({ event }) => detail(event) },
]

/** A ledger that is not of a whole connection goes by what it is of. */
function typeOf(event: TraceEvent): string {
  return event.kind === 'ledger' && event.span !== 'connection' ? event.span : event.kind
}

function handshake(event: TraceEvent): string {
  switch (event.kind) {
    case 'pending':
      return `>${ms(event.waitedNs)}`
    case 'connect':
    case 'fail':
    case 'accept':
      return ms(event.handshakeNs)
    default:
      return none
  }
}

function duration(event: TraceEvent): string {
  switch (event.kind) {
    case 'close':
      return event.existedBefore ? `>${ms(event.durationNs)}` : ms(event.durationNs)
    case 'ledger':
      return ms(event.wallNs)
    default:
      return none
  }
}

function rtt(event: TraceEvent): string {
  return event.kind === 'close' && event.rttUs !== undefined ? ms(event.rttUs * 1000) : none
}

/** What ended it, what kind of retransmit or reset, why it was dropped, where the time went. */
function detail(event: TraceEvent): string {
  switch (event.kind) {
    case 'fail':
    case 'close':
      return event.error ?? none
    case 'retransmit':
      return event.stallNs > 0 ? `${event.type} after ${ms(event.stallNs)}` : event.type
    case 'reset':
      return event.direction
    case 'drop':
      return event.reason
    case 'ledger':
      return ledgerText(event)
    case 'history':
      return historyCauseText(event)
    default:
      return none
  }
}

/** What led to a trigger, after its row: on a terminal in lines of their own, else in the row's last field. */
export function historyAfterRow(history: ToldHistory, isTerminal: boolean): string {
  const texts = historyTexts(history)
  return isTerminal ? texts.map((text) => `\n${' '.repeat(13)}${text}`).join('') : ` (${texts.join('; ')})`
}
