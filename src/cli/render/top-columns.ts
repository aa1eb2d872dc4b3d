import { formatBytes } from '../../lib/byte-size.ts'
import { printable } from '../../lib/printable.ts'
import { cutMiddle, cutText, fitText } from '../../lib/text-width.ts'
import { containerText } from '../../model/container.ts'
import { peerText } from '../../model/edge-text.ts'
import type { StageName } from '../../model/edge.ts'
import { linkText } from '../../model/link.ts'
import {
  clientShare,
  p95Stages,
  rateStages,
  retransmitCount,
  topValue,
  type TopColumnName,
  type TopGrouping,
  type TopRow,
} from '../../model/top-row.ts'
import { hostKey } from '../../track/top-rows.ts'
import { ms } from './columns.ts'
import { compactCount, compactMs, compactRate } from './compact-number.ts'
import type { Styles } from './styles.ts'

/** A column of `wirelag top`. */
export interface TopColumn {
  name: TopColumnName
  /** On a terminal. */
  title: string
  /** In tab-separated rows. */
  fieldTitle: string
  /** Characters; left over room goes to those whose `maxWidth` is more. */
  width: number
  maxWidth: number
  align: 'left' | 'right'
  /** How a longer text is made to fit. */
  cut: (text: string, width: number) => string
  /** Those with the highest go first where there is no room; 0 stays. */
  dispensability: number
  /** For the eye: short. @param spanNs how long a time the row is of */
  cell: (row: TopRow, spanNs: number) => string
  /** For a program: with all digits. */
  field: (row: TopRow, spanNs: number) => string
}

type Column = TopColumn

function textColumn(
  name: TopColumnName,
  widths: [least: number, most: number],
  dispensability: number,
  text: (row: TopRow) => string,
): Column {
  const title = name.toUpperCase()
  const [width, maxWidth] = widths
  const texts = { cut: cutText, cell: text, field: text }
  return { name, title, fieldTitle: title, width, maxWidth, align: 'left', dispensability, ...texts }
}

function numberColumn(
  name: TopColumnName,
  title: string,
  width: number,
  dispensability: number,
  more: Pick<Column, 'fieldTitle' | 'cell' | 'field'>,
): Column {
  return { name, title, width, maxWidth: width, align: 'right', cut: cutText, dispensability, ...more }
}

function p95Column(name: TopColumnName, title: string, dispensability: number): Column {
  const stage = p95Stages[name] ?? 'pickup'
  const p95Ns = (row: TopRow): number | undefined => row.activity.stages[stage].quantileNs(0.95)
  return numberColumn(name, title, 6, dispensability, {
    fieldTitle: `${name.toUpperCase()}_P95_MS`,
    cell: (row) => compactMs(p95Ns(row)),
    field: (row) => ms(p95Ns(row)),
  })
}

function rateColumn(name: TopColumnName, title: string, width: number, dispensability: number): Column {
  const stage = rateStages[name] ?? 'pickup'
  const rate = (row: TopRow, spanNs: number): number => perSecond(row.activity.stages[stage].count, spanNs)
  return numberColumn(name, title, width, dispensability, {
    fieldTitle: `${name.toUpperCase()}_PER_S`,
    cell: (row, spanNs) => compactRate(rate(row, spanNs)),
    field: (row, spanNs) => rate(row, spanNs).toFixed(3),
  })
}

function countColumn(
  name: TopColumnName,
  title: string,
  dispensability: number,
  count: (row: TopRow) => number,
): Column {
  return numberColumn(name, title, 4, dispensability, {
    fieldTitle: name.toUpperCase(),
    cell: (row) => compactCount(count(row)),
    field: (row) => String(count(row)),
  })
}

export function perSecond(count: number, spanNs: number): number {
  return spanNs > 0 ? (count * 1e9) / spanNs : 0
}

const others = '(others)'

const pid = numberColumn('pid', 'PID', 7, 3, {
  fieldTitle: 'PID',
  cell: ({ process }) => String(process?.pid ?? '-'),
  field: ({ process }) => String(process?.pid ?? '-'),
})
const comm = textColumn('comm', [8, 15], 0, ({ process }) => (process ? printable(process.comm) : others))
const container = textColumn('container', [10, 28], 2, (row) =>
  row.container ? printable(containerText(row.container)) : '-',
)
const rttUs = ({ activity }: TopRow): number | undefined => activity.rttUs && activity.rttUs * 1000

/** Numbers that every grouping has, but for the round-trip time, which is an edge's. */
const measures: readonly Column[] = [
  p95Column('handshake', 'HSHAKE', 2),
  rateColumn('handshakes', 'HS/S', 5, 14),
  p95Column('accept', 'ACCEPT', 2),
  rateColumn('accepts', 'ACC/S', 5, 13),
  p95Column('send', 'SEND', 1),
  rateColumn('sends', 'SEND/S', 6, 9),
  p95Column('pickup', 'PICKUP', 1),
  rateColumn('pickups', 'PICK/S', 6, 8),
  countColumn('retransmits', 'RETR', 4, retransmitCount),
  countColumn('failures', 'FAIL', 5, ({ activity }) => activity.counts.failures),
  countColumn('resets', 'RST', 10, ({ activity }) => activity.counts.resetsSent + activity.counts.resetsReceived),
  countColumn('drops', 'DROP', 11, ({ activity }) => activity.counts.drops),
  numberColumn('sent', 'SENT/S', 7, 7, {
    fieldTitle: 'SENT_BYTES_PER_S',
    cell: ({ activity }, spanNs) => formatBytes(Math.round(perSecond(activity.counts.sentBytes, spanNs))),
    field: ({ activity }, spanNs) => perSecond(activity.counts.sentBytes, spanNs).toFixed(0),
  }),
]

const processes = numberColumn('processes', 'PROCS', 5, 12, {
  fieldTitle: 'PROCESSES',
  cell: (row) => compactCount(row.processes.size),
  field: (row) => String(row.processes.size),
})

function serverColumn(name: TopColumnName, title: string, stage: StageName): Column {
  const p95Ns = ({ link }: TopRow): number | undefined => link?.server.stages[stage].quantileNs(0.95)
  return numberColumn(name, title, 6, 1, {
    fieldTitle: `${name.toUpperCase().replace('-', '_')}_P95_MS`,
    cell: (row) => compactMs(p95Ns(row)),
    field: (row) => ms(p95Ns(row)),
  })
}

function sharePercent(row: TopRow, digits: number): string {
  const share = clientShare(row)
  return share === undefined ? '-' : (share * 100).toFixed(digits)
}

function containerName(row: TopRow): string {
  if (row.container) return printable(containerText(row.container))
  return row.key === hostKey ? '(host)' : others
}

const columns: Record<TopGrouping, readonly Column[]> = {
  process: [
    pid,
    comm,
    container,
    textColumn('service', [8, 24], 12, ({ service }) => (service === undefined ? '-' : printable(service))),
    ...measures,
  ],
  container: [textColumn('container', [8, 40], 0, (row) => containerName(row)), processes, ...measures],
  service: [
    textColumn('service', [8, 32], 0, ({ service }) => (service === undefined ? others : printable(service))),
    processes,
    ...measures,
  ],
  link: [
    { ...textColumn('link', [20, 60], 0, ({ link }) => (link ? printable(linkText(link.link)) : '-')), cut: cutMiddle },
    p95Column('handshake', 'HSHAKE', 2),
    p95Column('accept', 'ACCEPT', 2),
    p95Column('send', 'C-SEND', 4),
    serverColumn('server-pickup', 'S-PICK', 'pickup'),
    serverColumn('server-send', 'S-SEND', 'send'),
    p95Column('pickup', 'C-PICK', 3),
    numberColumn('client-share', 'CLI%', 4, 5, {
      fieldTitle: 'CLIENT_SHARE_%',
      cell: (row) => sharePercent(row, 0),
      field: (row) => sharePercent(row, 1),
    }),
    rateColumn('handshakes', 'HS/S', 5, 14),
    rateColumn('sends', 'SEND/S', 6, 9),
    countColumn('retransmits', 'RETR', 6, retransmitCount),
    countColumn('failures', 'FAIL', 8, ({ activity }) => activity.counts.failures),
    countColumn('resets', 'RST', 10, ({ activity }) => activity.counts.resetsSent + activity.counts.resetsReceived),
  ],
  edge: [
    { ...pid, dispensability: 10 },
    comm,
    { ...container, dispensability: 6 },
    textColumn('service', [8, 24], 12, ({ service }) => (service === undefined ? '-' : printable(service))),
    { ...textColumn('peer', [24, 60], 0, ({ edge }) => (edge ? printable(peerText(edge)) : others)), cut: cutMiddle },
    ...measures,
    numberColumn('rtt', 'RTT', 6, 6, {
      fieldTitle: 'RTT_MS',
      cell: (row) => compactMs(rttUs(row)),
      field: (row) => ms(rttUs(row)),
    }),
  ],
}

/** All that a grouping has, in the order of the screen. */
export function topColumns(grouping: TopGrouping): readonly TopColumn[] {
  return columns[grouping]
}

/** Those of them that are of use for these rows: containers only where there are any. */
export function usefulColumns(grouping: TopGrouping, rows: readonly TopRow[]): readonly TopColumn[] {
  if (grouping === 'container' || grouping === 'link' || rows.some((row) => row.container)) return columns[grouping]
  return columns[grouping].filter(({ name }) => name !== 'container')
}

export interface FittedColumn {
  column: TopColumn
  /** Characters that it has on the screen. */
  width: number
}

const gap = ' '

/**
 * The columns that have room in a line, those with text as wide as they like where there is room left.
 *
 * @param kept stays whatever its rank: what the rows are sorted by
 */
export function fitColumns(all: readonly TopColumn[], lineWidth: number, kept?: TopColumnName): FittedColumn[] {
  let fitted = [...all]
  const least = (): number => fitted.reduce((sum, { width }) => sum + width, 0) + gap.length * (fitted.length - 1)
  for (;;) {
    const candidates = fitted.filter(({ name, dispensability }) => dispensability > 0 && name !== kept)
    if (least() <= lineWidth || candidates.length === 0) break
    const most = Math.max(...candidates.map(({ dispensability }) => dispensability))
    const dropped = candidates.findLast(({ dispensability }) => dispensability === most)
    fitted = fitted.filter((column) => column !== dropped)
  }
  const room = lineWidth - least()
  return widened(fitted, room)
}

/** Column by column, as if it were dealt out; or taken from those with text where even what must stay has no room. */
function widened(fitted: readonly TopColumn[], room: number): FittedColumn[] {
  const widths = fitted.map((column) => ({ column, width: column.width }))
  for (let left = room; left > 0;) {
    const growing = widths.filter(({ column, width }) => width < column.maxWidth).slice(0, left)
    if (growing.length === 0) break
    for (const fit of growing) fit.width++
    left -= growing.length
  }
  for (let lacking = -room; lacking > 0; lacking--) {
    const widest = widths.toSorted((a, b) => b.width - a.width)[0]
    if (!widest || widest.width <= 1) break
    widest.width--
  }
  return widths
}

/** The titles; that of the sort column stands out. */
export function topHeader(fitted: readonly FittedColumn[], sort: TopColumnName | undefined, styles: Styles): string {
  return fitted
    .map(({ column, width }) => {
      const title = fitText(column.title, width, column.align)
      return column.name === sort ? styles.inverse(title) : styles.bold(title)
    })
    .join(gap)
}

/** One row; a p95 over the threshold is yellow, over ten times of it red. */
export function topLine(
  fitted: readonly FittedColumn[],
  row: TopRow,
  { spanNs, slowNs, styles }: { spanNs: number; slowNs: number; styles: Styles },
): string {
  return fitted
    .map(({ column, width }) => {
      const cell = fitText(column.cell(row, spanNs), width, column.align, column.cut)
      const isP95 = p95Stages[column.name] !== undefined || column.name.startsWith('server-')
      const p95Ns = isP95 && topValue(row, column.name)
      if (typeof p95Ns !== 'number' || p95Ns <= slowNs) return cell
      return p95Ns > 10 * slowNs ? styles.red(cell) : styles.yellow(cell)
    })
    .join(gap)
}
