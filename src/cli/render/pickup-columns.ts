import { printable } from '../../lib/printable.ts'
import type { PickupSample } from '../../model/pickup-sample.ts'
import { clockTime, type Column } from './columns.ts'

export interface PickupRow {
  sample: PickupSample
  unixNs: bigint
}

/** The columns of tcppktlat: libbpf-tools/tcppktlat.c of iovisor/bcc. A `+` after MS: at least so long. Behind them,
 * `owners`: whose the reader is. */
export function pickupColumns(options: {
  timestamp: boolean
  wide: boolean
  owners: readonly Column<PickupRow>[]
}): Column<PickupRow>[] {
  const addressWidth = options.wide ? 26 : 15
  const left = (title: string, width: number, text: (row: PickupRow) => string): Column<PickupRow> => ({
    title,
    width,
    align: 'left',
    text,
  })
  return [
    ...(options.timestamp ? [left('TIME(s)', 8, ({ unixNs }) => clockTime(unixNs))] : []),
    left('PID', 7, ({ sample }) => String(sample.reader.pid)),
    left('TID', 7, ({ sample }) => String(sample.reader.tid)),
    left('COMM', 16, ({ sample }) => printable(sample.reader.comm)),
    left('LADDR', addressWidth, ({ sample }) => sample.socket.local.address),
    left('LPORT', 5, ({ sample }) => String(sample.socket.local.port)),
    left('RADDR', addressWidth, ({ sample }) => sample.socket.peer.address),
    left('RPORT', 5, ({ sample }) => String(sample.socket.peer.port)),
    left(
      'MS',
      options.owners.length > 0 ? 9 : 0,
      ({ sample }) => `${(sample.latencyNs / 1e6).toFixed(2)}${sample.isLowerBound ? '+' : ''}`,
    ),
    ...options.owners,
  ]
}
