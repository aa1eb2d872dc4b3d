import { printable } from '../../lib/printable.ts'
import { formatDuration } from '../../lib/duration.ts'
import { windowText } from '../../lib/moment.ts'
import { serviceAlone } from '../../model/container.ts'
import type { Diagnosis } from '../../model/finding.ts'
import type { StateCount } from '../../model/observation.ts'
import { socketStates, type StateCounts, type StateRow, type StateSurvey } from '../../model/socket-state.ts'
import type { TopGrouping, TopRow } from '../../model/top-row.ts'
import { hostFigures } from '../../track/host-figures.ts'
import { topRows } from '../../track/top-rows.ts'
import type { HostHistory } from '../history.ts'
import { alignedTable } from './aligned-table.ts'
import { figureText } from './figure-text.ts'
import { findingLines } from './finding-text.ts'
import { incidentText } from './incident-text.ts'
import { statesTable } from './states-table.ts'
import type { Styles } from './styles.ts'
import { fitColumns, topColumns, topHeader, topLine, usefulColumns } from './top-columns.ts'

export interface HistoryTextOptions {
  styles: Styles
  isTerminal: boolean
  /** Of a terminal's line. */
  columns: number
  slowNs: number
}

const mostRows = 12
const mostIncidents = 8

/** What is known of a time: how much of it was recorded, and what was lost. */
export function recordedText({
  host,
  window,
  steps,
  observation,
  gaps,
  lost,
  leftOut,
  folded,
  isFine,
}: HostHistory): string[] {
  const stepMs = Math.max(0, ...steps.map(({ spanMs }) => spanMs))
  const wider = isFine ? '' : ', rolled up by service'
  return [
    `${printable(host)}, ${windowText(window)}: ${formatDuration(observation.spanNs)} recorded in ${steps.length} ${steps.length === 1 ? 'step' : 'steps'} of up to ${formatDuration(stepMs * 1e6)}${wider}`,
    ...gaps.map((gap) => `not recorded: ${windowText(gap)}`),
    ...lost.map(
      ({ signal, lost: count, attempted }) => `lost: ${count} of ${attempted} events of ${printable(signal)}`,
    ),
    ...(folded > 0 && isFine ? [`summed up by service, as there were more than are kept apart: ${folded} edges`] : []),
    ...Object.entries(leftOut).map(
      ([kind, count]) => `left out, as there was more than is kept: ${count} of ${printable(kind)}`,
    ),
  ]
}

/** What went on at a time: findings, services and edges, states, facts of the host, the slowest incidents. */
export function historyText(history: HostHistory, diagnosis: Diagnosis, options: HistoryTextOptions): string[] {
  const { styles, isTerminal } = options
  const { observation, incidents } = history
  const title = (text: string): string[] => ['', styles.bold(text)]
  const states = statesOf(observation.states)
  const services = rowsOf(history, 'service')
  const edges = rowsOf(history, history.isFine ? 'edge' : 'service')
  const slowest = incidents.toSorted((a, b) => b.sample.latencyNs - a.sample.latencyNs).slice(0, mostIncidents)
  return [
    ...recordedText(history),
    '',
    ...(diagnosis.findings.length === 0
      ? ['Nothing was found that is the matter.']
      : diagnosis.findings.flatMap((finding, i) => findingLines(finding, i + 1, styles, history.startUnixMs))),
    ...(services.length > 0 ? [...title('Services'), ...topTable(services, 'service', history, options)] : []),
    ...(history.isFine && edges.length > 0
      ? [...title('Edges, where most time went'), ...topTable(edges, 'edge', history, options)]
      : []),
    ...(states.rows.length > 0 ? [...title('Sockets at the end'), ...statesTable(states, 'service', isTerminal)] : []),
    ...hostText(history, title),
    ...(slowest.length > 0
      ? [
          ...title(slowest.length < incidents.length ? `The slowest of ${incidents.length} incidents` : 'Incidents'),
          ...slowest.flatMap((incident) => incidentText(incident, false)),
        ]
      : []),
  ]
}

function rowsOf({ observation }: HostHistory, grouping: TopGrouping): TopRow[] {
  const timeOf = ({ activity }: TopRow): number =>
    Object.values(activity.stages).reduce((sum, { sumNs }) => sum + sumNs, 0)
  return topRows(observation.edges, grouping).toSorted((a, b) => timeOf(b) - timeOf(a))
}

function topTable(
  rows: readonly TopRow[],
  grouping: TopGrouping,
  { observation: { spanNs } }: HostHistory,
  { isTerminal, columns, styles, slowNs }: HistoryTextOptions,
): string[] {
  const shown = rows.slice(0, mostRows)
  const rest = rows.length > shown.length ? [`… and ${rows.length - shown.length} more`] : []
  if (!isTerminal) {
    const all = topColumns(grouping)
    return [
      all.map(({ fieldTitle }) => fieldTitle).join('\t'),
      ...shown.map((row) => all.map(({ field }) => field(row, spanNs)).join('\t')),
      ...rest,
    ]
  }
  const fitted = fitColumns(usefulColumns(grouping, shown), columns)
  return [
    topHeader(fitted, undefined, styles),
    ...shown.map((row) => topLine(fitted, row, { spanNs, slowNs, styles })),
    ...rest,
  ]
}

/** Sockets by state and service at the end of a time. */
export function statesOf(states: readonly StateCount[]): StateSurvey {
  const rows = new Map<string, StateRow>()
  const all: StateCounts = {}
  for (const { state, owner, now } of states) {
    const name = socketStates.find((known) => known === state)
    if (!name || now === 0) continue
    const identity = owner && (owner.identity ?? serviceAlone(owner.comm))
    const key = identity?.service ?? ''
    const row = rows.get(key) ?? { subject: identity ? { identity } : { isUnknown: true }, total: 0, states: {} }
    rows.set(key, row)
    row.total += now
    row.states[name] = (row.states[name] ?? 0) + now
    all[name] = (all[name] ?? 0) + now
  }
  return {
    unixNs: 0n,
    total: Object.values(all).reduce((sum, count) => sum + count, 0),
    states: all,
    rows: [...rows.values()].toSorted((a, b) => b.total - a.total),
    oldest: [],
  }
}

/** Facts that are not nothing. */
function hostText({ observation }: HostHistory, title: (text: string) => string[]): string[] {
  const figures = hostFigures(observation).filter(({ value }) => value >= 0.001)
  if (figures.length === 0) return []
  const rows = figures.map(({ measure, unit, value, subject }) => [
    `${printable(measure)}${subject.netns === undefined ? '' : ` (netns ${subject.netns})`}`,
    figureText(value, unit),
  ])
  return [...title('Host'), ...alignedTable(rows, true)]
}
