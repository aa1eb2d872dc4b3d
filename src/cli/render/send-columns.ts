import { printable } from '../../lib/printable.ts'
import { serviceOf } from '../../model/container.ts'
import type { SendSample } from '../../model/send-sample.ts'
import { clockTimeMs, ms, type Column } from './columns.ts'
import { containerOf } from './owner-columns.ts'

export interface SendRow {
  sample: SendSample
  unixNs: bigint
}

type Row = SendRow

/** The columns of `wirelag send --slow`. */
export const sendColumns: readonly Column<Row>[] = [
  { title: 'TIME', width: 12, align: 'left', text: ({ unixNs }) => clockTimeMs(unixNs) },
  { title: 'PID', width: 7, align: 'left', text: ({ sample }) => String(sample.sender.pid) },
  { title: 'TID', width: 7, align: 'left', text: ({ sample }) => String(sample.sender.tid) },
  { title: 'COMM', width: 15, align: 'left', text: ({ sample }) => printable(sample.sender.comm) },
  { title: 'SERVICE', width: 15, align: 'left', text: ({ sample }) => printable(serviceOf(sample.sender)) },
  { title: 'CONTAINER', width: 15, align: 'left', text: ({ sample }) => containerOf(sample.sender) },
  { title: 'PROTO', width: 5, align: 'left', text: ({ sample }) => sample.protocol },
  { title: 'SADDR', width: 15, align: 'left', text: ({ sample }) => sample.socket.local.address },
  { title: 'SPORT', width: 5, align: 'left', text: ({ sample }) => String(sample.socket.local.port) },
  { title: 'DADDR', width: 15, align: 'left', text: ({ sample }) => sample.socket.peer.address },
  { title: 'DPORT', width: 5, align: 'left', text: ({ sample }) => String(sample.socket.peer.port) },
  { title: 'MS', width: 9, align: 'right', text: ({ sample }) => ms(sample.latencyNs) },
  { title: 'BLOCKED_MS', width: 10, align: 'right', text: ({ sample }) => ms(sample.blockedNs) },
  { title: 'BYTES', width: 8, align: 'right', text: ({ sample }) => String(sample.bytes) },
  { title: 'DETAIL', width: 12, align: 'left', text: ({ sample }) => detail(sample) },
]

function detail({ error, metZeroWindow }: SendSample): string {
  return error ?? (metZeroWindow ? 'zero window' : '-')
}
