import { formatBytes } from '../../lib/byte-size.ts'
import { printable } from '../../lib/printable.ts'
import { cutText, textWidth } from '../../lib/text-width.ts'
import { containerText } from '../../model/container.ts'
import { peerText } from '../../model/edge-text.ts'
import { linkText } from '../../model/link.ts'
import { stageNames, type StageName } from '../../model/edge.ts'
import type { Endpoint } from '../../model/socket.ts'
import type { Task } from '../../model/process.ts'
import type { SlowSample } from '../../model/slow-sample.ts'
import { retransmitCount, type TopRow } from '../../model/top-row.ts'
import { clockTimeMs, ms } from './columns.ts'
import { compactCount, compactMs, compactRate } from './compact-number.ts'
import { histogramChart } from './histogram-chart.ts'
import { perSecond } from './top-columns.ts'
import { keyHints, roundDuration, topStatus, topTitle, type TopScreenFacts } from './top-screen.ts'

/** What is seen of one row. */
export interface TopDetail {
  row: TopRow
  /** Whose histogram is drawn. */
  stage: StageName
  isPaused: boolean
  /** The newest first. */
  samples: readonly SlowSample[]
  /** The first line of the samples that is to be seen, where so many do not fit. */
  firstLine: number
  unixNs: (timeNs: number) => bigint
}

const stageTitles: Record<SlowSample['what'], string> = {
  handshake: 'handshake',
  acceptQueue: 'accept',
  send: 'send',
  pickup: 'pickup',
  retransmit: 'retransmit',
}

/** Title, status, four stages with their header, two headings and keys. */
const otherLines = 10
const leastChartLines = 3
const mostChartLines = 12

/** The lines of a screen about one row: each stage's quantiles, the histogram of one, and the last slow samples. */
export function topDetail(detail: TopDetail, facts: TopScreenFacts): string[] {
  const { row, stage, samples } = detail
  const { columns, lines, styles, slowNs } = facts
  const counts = joined(countsOf(row), columns)
  const room = Math.max(leastChartLines + 1, lines - otherLines - counts.length)
  const chartLines = Math.min(mostChartLines, Math.max(leastChartLines, Math.floor(room / 2)))
  const chart = histogramChart(row.activity.stages[stage], columns, chartLines)
  if (chart.length === 0) chart.push(`no ${stageTitles[stage]} in this time`)
  const sampleRoom = Math.max(1, room - chart.length)
  const allSamples = samples.flatMap((sample) => sampleLines(sample, detail, columns))
  const firstLine = Math.max(0, Math.min(detail.firstLine, allSamples.length - sampleRoom))
  const shownSamples = allSamples.slice(firstLine, firstLine + sampleRoom)
  const blank = Array.from({ length: Math.max(0, sampleRoom - shownSamples.length) }, () => '')
  const heading = (text: string): string => styles.bold(cutText(text, columns))
  return [
    topTitle(subject(row), detail.isPaused, facts),
    topStatus(`${samples.length} slow`, facts),
    ...counts,
    ...stageTable(row, stage, facts),
    heading(`${stageTitles[stage]}: count of each span of ms`),
    ...chart.map((line) => cutText(line, columns)),
    heading(`last over ${roundDuration(slowNs)}, or failed: time, what, ms, local - peer, detail, thread`),
    ...shownSamples,
    ...blank,
    keyHints(
      [
        ['Esc', 'back'],
        ['←→', 'stage'],
        ['↑↓', 'samples'],
        ['Space', 'pause'],
        ['?', 'help'],
      ],
      facts,
    ),
  ]
}

function subject({ process, container, service, edge, link, processes }: TopRow): string {
  if (link) return printable(linkText(link.link))
  if (!process && container) return `${printable(containerText(container))} (${processes.size} processes)`
  const name = service === undefined ? '(others)' : printable(service)
  if (!process) return processes.size > 0 ? `${name} (${processes.size} processes)` : name
  const owner = `${printable(process.comm)}, pid ${process.pid}`
  return edge ? `${owner}, ${printable(peerText(edge))}` : `${owner}, ${name}`
}

function countsOf(row: TopRow): string[] {
  const { counts, rttUs, minRttUs } = row.activity
  const stall = counts.stallNs > 0 ? ` (${compactMs(counts.stallNs)} ms of timers)` : ''
  const blocked = counts.sendBlockedNs > 0 ? ` (${compactMs(counts.sendBlockedNs)} ms blocked)` : ''
  return [
    `sent ${formatBytes(counts.sentBytes)}${blocked}`,
    `retransmits ${compactCount(retransmitCount(row))}${stall}`,
    `failures ${compactCount(counts.failures)}`,
    `resets ${compactCount(counts.resetsSent)}/${compactCount(counts.resetsReceived)}`,
    ...(counts.drops > 0 ? [`drops ${compactCount(counts.drops)}`] : []),
    ...(counts.wouldBlocks > 0 ? [`EAGAIN ${compactCount(counts.wouldBlocks)}`] : []),
    ...(counts.zeroWindows > 0 ? [`zero windows ${compactCount(counts.zeroWindows)}`] : []),
    ...(row.edge && rttUs !== undefined ? [`RTT ${compactMs(rttUs * 1000)} ms`] : []),
    ...(row.edge && minRttUs !== undefined ? [`least RTT ${compactMs(minRttUs * 1000)} ms`] : []),
  ].map((text, i, all) => (i < all.length - 1 ? `${text},` : text))
}

/** Header and a line for each stage; a mark before the one whose histogram is drawn. */
function stageTable({ activity }: TopRow, shown: StageName, facts: TopScreenFacts): string[] {
  const { columns, styles, spanNs } = facts
  const cells = (texts: readonly string[]): string => texts.map((text) => text.padStart(7)).join(' ')
  const header = `  ${'ms'.padEnd(10)}${cells(['COUNT', '/S', 'P50', 'P95', 'P99', 'MAX'])}`
  return [
    styles.bold(cutText(header, columns)),
    ...stageNames.map((stage) => {
      const histogram = activity.stages[stage]
      const line = `${stage === shown ? '>' : ' '} ${stageTitles[stage].padEnd(10)}${cells([
        String(histogram.count),
        compactRate(perSecond(histogram.count, spanNs)),
        ...[0.5, 0.95, 0.99].map((q) => compactMs(histogram.quantileNs(q))),
        histogram.count > 0 ? compactMs(histogram.maxNs) : '-',
      ])}`
      const cut = cutText(line, columns)
      return stage === shown ? styles.inverse(cut) : cut
    }),
  ]
}

function sampleLines(sample: SlowSample, { row, unixNs }: TopDetail, columns: number): string[] {
  const { what, latencyNs, isLowerBound, socket, protocol, task, detail } = sample
  const latency = `${isLowerBound ? '>' : ''}${ms(latencyNs)}`
  return joined(
    [
      `${clockTimeMs(unixNs(sample.timeNs))} ${stageTitles[what].padEnd(10)} ${latency.padStart(9)}`,
      `${endpointText(socket.local)} -`,
      endpointText(socket.peer),
      ...(protocol === 'udp' ? ['udp'] : []),
      ...(detail === '' ? [] : [detail]),
      ...threadOf(task, row),
    ],
    columns,
  )
}

/** Who it was, where that is not what the row is of anyway. */
function threadOf({ pid, tid, comm }: Task, { process }: TopRow): string[] {
  if (comm === process?.comm) return tid === pid ? [] : [`thread ${tid}`]
  return [`${printable(comm)} ${tid}`]
}

/** As many parts in a line as it has room for; lines after the first are set in. */
function joined(parts: readonly string[], columns: number): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const longer = `${lines.at(-1) ?? ''} ${part}`
    if (lines.length === 0) lines.push(part)
    else if (textWidth(longer) <= columns) lines[lines.length - 1] = longer
    else lines.push(`  ${part}`)
  }
  return lines.map((line) => cutText(line, columns))
}

function endpointText({ address, port }: Endpoint): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
