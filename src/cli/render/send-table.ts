import { formatBytes } from '../../lib/byte-size.ts'
import { printable } from '../../lib/printable.ts'
import { containerText } from '../../model/container.ts'
import { blockedShare, type SendActivity, type SendGrouping } from '../../model/send-activity.ts'
import { alignedTable } from './aligned-table.ts'
import { ms } from './columns.ts'

interface SendTableOptions {
  grouping: SendGrouping
  isTerminal: boolean
  /** Whether there may be more than TCP. */
  hasUdp: boolean
  /** Characters; where they do not suffice, the columns that matter least are left out. */
  width?: number
}

interface SendColumn {
  title: string
  text: (row: SendActivity) => string
  /** Those with the highest go first where there is no room; those without stay. */
  dispensability?: number
}

/** Header and rows: how long sends took, in milliseconds, and the share of it that was waiting for buffer space. */
export function sendTable(rows: readonly SendActivity[], options: SendTableOptions): string[] {
  const width = options.width ?? Infinity
  let columns = columnsOf(
    options,
    rows.some(({ process }) => process?.identity?.container),
  )
  for (;;) {
    const lines = alignedTable(
      [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ text }) => text(row)))],
      options.isTerminal,
    )
    const most = Math.max(0, ...columns.map(({ dispensability }) => dispensability ?? 0))
    if (most === 0 || lines.every((line) => line.length <= width)) return lines.map((line) => line.slice(0, width))
    columns = columns.filter(({ dispensability }) => dispensability !== most)
  }
}

/** A program gets every column, in the same place whatever the options but for the grouping. */
function columnsOf({ grouping, isTerminal, hasUdp }: SendTableOptions, hasContainers: boolean): SendColumn[] {
  const container: SendColumn = {
    title: 'CONTAINER',
    text: ({ process }) => (process?.identity?.container ? printable(containerText(process.identity.container)) : '-'),
    dispensability: 3.5,
  }
  const service: SendColumn = { title: 'SERVICE', text: (row) => printable(row.service ?? '(others)') }
  const quantile = (q: number) => (row: SendActivity) => ms(row.histogram.quantileNs(q))
  return [
    ...(grouping === 'process'
      ? [
          { title: 'PID', text: (row: SendActivity) => String(row.process?.pid ?? '-') },
          { title: 'COMM', text: (row: SendActivity) => printable(row.process?.comm ?? '-'), dispensability: 4 },
          service,
          ...(hasContainers || !isTerminal ? [container] : []),
        ]
      : [
          service,
          {
            title: 'PROCESSES',
            text: (row: SendActivity) => (row.processCount > 0 ? String(row.processCount) : '-'),
            dispensability: 4,
          },
        ]),
    ...(hasUdp || !isTerminal ? [{ title: 'PROTO', text: (row: SendActivity) => row.protocol }] : []),
    { title: 'COUNT', text: ({ histogram }) => String(histogram.count) },
    { title: 'BYTES', text: ({ bytes }) => (isTerminal ? formatBytes(bytes) : String(bytes)), dispensability: 3 },
    { title: 'P50_MS', text: quantile(0.5), dispensability: 1 },
    { title: 'P95_MS', text: quantile(0.95) },
    { title: 'P99_MS', text: quantile(0.99), dispensability: 2 },
    { title: 'MAX_MS', text: ({ histogram }) => ms(histogram.maxNs) },
    { title: 'BLOCKED_%', text: (row) => (blockedShare(row) * 100).toFixed(1) },
    { title: 'EAGAIN', text: ({ wouldBlocks }) => String(wouldBlocks), dispensability: 5 },
  ]
}
