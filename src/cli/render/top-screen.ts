import { formatDuration } from '../../lib/duration.ts'
import { printable } from '../../lib/printable.ts'
import { cutText, fitText } from '../../lib/text-width.ts'
import { topGroupings, type TopGrouping, type TopRow } from '../../model/top-row.ts'
import { isDescending, type TopOrder } from '../../track/top-rows.ts'
import type { TopState } from '../top-state.ts'
import { fitColumns, topColumns, topHeader, topLine, usefulColumns } from './top-columns.ts'
import type { Styles } from './styles.ts'

/** A screen's size, and what its first two lines tell. */
export interface TopScreenFacts {
  columns: number
  lines: number
  styles: Styles
  /** `HH:MM:SS` of what is shown. */
  clock: string
  windowNs: number
  /** How long a time the rows are of: at the beginning less than the window. */
  spanNs: number
  slowNs: number
  lostEvents: number
  /** Of one CPU: 0.01 is 1 %. */
  cpuShare: number
  /** What the user is to know, beyond rows. */
  notice: string | undefined
}

/** Title, status, header and keys. */
const otherLines = 4

const groupingNames: Record<TopGrouping, string> = {
  process: 'processes',
  container: 'containers',
  link: 'links',
  service: 'services',
  edge: 'edges',
}

/** As many rows as a screen has room for. */
export function pageRowsOf(lines: number): number {
  return Math.max(1, lines - otherLines)
}

/**
 * The lines of a screen with a row for each process, container, service or edge.
 *
 * @param state arranged among the rows
 * @param rows that the filter lets through, in their order
 * @param rowCount how many there are without the filter
 */
export function topScreen(state: TopState, rows: readonly TopRow[], rowCount: number, facts: TopScreenFacts): string[] {
  const { columns, lines, styles, spanNs, slowNs } = facts
  const pageRows = pageRowsOf(lines)
  const shown = rows.slice(state.firstIndex, state.firstIndex + pageRows)
  const fitted = fitColumns(usefulColumns(state.grouping, rows), columns, state.order.column)
  const table = shown.map((row, i) => {
    const line = topLine(fitted, row, { spanNs, slowNs, styles })
    return state.firstIndex + i === state.selectedIndex ? styles.inverse(line) : line
  })
  if (rows.length === 0) table.push(cutText(noRowsText(state, facts), columns))
  const blank = Array.from({ length: Math.max(0, pageRows - table.length) }, () => '')
  const filtered = rowCount - rows.length
  const counts = `${counted(rowCount, 'row')}, ${rowCount - shown.length} hidden${filtered > 0 ? ` (${filtered} by the filter)` : ''}`
  return [
    topTitle(tableTitle(state), state.isPaused, facts),
    topStatus(counts, facts),
    topHeader(fitted, state.order.column, styles),
    ...table,
    ...blank,
    state.isTyping ? prompt(state.filter, facts) : keyHints(hints(state.grouping), facts),
  ]
}

/** Without zeros behind the point: `10 s`. */
export function roundDuration(ns: number): string {
  return formatDuration(ns).replace(/\.0+ |(\.\d*[1-9])0+ /, '$1 ')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function noRowsText({ filter }: TopState, { spanNs }: TopScreenFacts): string {
  if (filter !== '') return 'none has this text; Esc shows all'
  return spanNs === 0 ? 'watching…' : 'nothing happened'
}

function tableTitle({ grouping, order, filter }: TopState): string {
  const chosen = filter === '' ? '' : ` with "${printable(filter)}"`
  return `${groupingNames[grouping]}${chosen} by ${orderText(order, grouping)}`
}

/** The column's name as `--sort` takes it, and which way. */
function orderText(order: TopOrder, grouping: TopGrouping): string {
  const isP95 = topColumns(grouping).some(({ name, fieldTitle }) => name === order.column && fieldTitle.includes('P95'))
  return `${order.column}${isP95 ? ' p95' : ''} ${isDescending(order) ? '▼' : '▲'}`
}

/** What is shown on the left; of which time on the right. */
export function topTitle(
  what: string,
  isPaused: boolean,
  { columns, styles, clock, windowNs }: TopScreenFacts,
): string {
  const time = `${isPaused ? 'PAUSED ' : ''}last ${roundDuration(windowNs)}, ${clock}`
  const room = columns - time.length - 2
  if (room < 10) return styles.bold(fitText(what, columns, 'left'))
  return `${styles.bold(fitText(what, room, 'left'))}  ${isPaused ? styles.inverse(time) : time}`
}

/** How much is hidden, what was lost, and what wirelag itself takes. */
export function topStatus(counts: string, { columns, styles, lostEvents, cpuShare, notice }: TopScreenFacts): string {
  const lost = `${lostEvents} lost`
  const text = `${counts} | ${lost} | agent CPU ${(cpuShare * 100).toFixed(1)} %${notice === undefined ? '' : ` | ${printable(notice)}`}`
  const cut = cutText(text, columns)
  return lostEvents > 0 ? cut.replace(`| ${lost}`, `| ${styles.red(styles.bold(lost))}`) : cut
}

function hints(grouping: TopGrouping): [key: string, text: string][] {
  const other = groupingNames[topGroupings[(topGroupings.indexOf(grouping) + 1) % topGroupings.length] ?? 'process']
  return [
    ['q', 'quit'],
    ['?', 'help'],
    ['e', other],
    ['s', 'sort'],
    ['/', 'filter'],
    ['Enter', 'look into'],
    ['Space', 'pause'],
  ]
}

/** As many as have room. */
export function keyHints(
  all: readonly [key: string, text: string][],
  { columns, styles }: Pick<TopScreenFacts, 'columns' | 'styles'>,
): string {
  let left = columns
  const parts: string[] = []
  for (const [key, text] of all) {
    left -= key.length + text.length + 1 + (parts.length > 0 ? 2 : 0)
    if (left < 0) break
    parts.push(`${styles.bold(key)} ${text}`)
  }
  return parts.join('  ')
}

function prompt(filter: string, { columns, styles }: TopScreenFacts): string {
  const text = printable(filter)
  const shown = cutText(`/${text}`, columns - 1)
  const rest = '   Enter keeps it, Esc clears it'
  const room = columns - 1 - shown.length
  return `${shown}${styles.inverse(' ')}${rest.length <= room ? styles.dim(rest) : ''}`
}

const help = [
  'e             processes, containers, services, edges (a process with a peer)',
  's > < ← →     sort by the next column, or the one before',
  'r             the other way round',
  '/             rows with a text in comm, container, service, pid, peer; Esc: all',
  '↑ ↓ PgUp PgDn choose a row; the cursor stays on it when the order changes',
  'Enter         look into the row: histograms, last slow samples',
  'Space         hold the screen; wirelag goes on counting',
  'Ctrl-L Ctrl-Z draw anew; suspend',
  'q             quit, or back, as Esc does',
  '',
  'HSHAKE ACCEPT SEND PICKUP   p95 in ms: SYN to established; in the accept queue;',
  '              in send calls; of received data until it was read',
  'HS/S ACC/S SEND/S PICK/S    how many of them a second',
  'RETR FAIL     retransmits; connects that were never established',
  'RST DROP      resets, both ways; datagrams that found the buffer full',
  'SENT/S RTT    payload a second; smoothed round-trip time in ms',
]

/** The lines of a screen that explains keys and columns. */
export function topHelp({ columns, lines, styles, slowNs }: TopScreenFacts): string[] {
  const slow = roundDuration(slowNs)
  return [
    styles.bold(cutText('wirelag top', columns)),
    '',
    ...[...help, `Yellow: a p95 over ${slow} (--slow); red: over ten times that.`].map((line) =>
      cutText(line, columns),
    ),
    '',
    cutText('Any key goes back.', columns),
  ].slice(0, lines)
}
