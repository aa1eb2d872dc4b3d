import { serviceOf } from '../model/container.ts'
import { edgeKey, peerText, processKey } from '../model/edge-text.ts'
import { retransmitTypes, type Edge, type EdgeActivity, type EdgeCounts } from '../model/edge.ts'
import type { Link } from '../model/link.ts'
import { hasText, topValue, type TopColumnName, type TopGrouping, type TopRow } from '../model/top-row.ts'
import { addActivity, noActivity } from './edge-activity.ts'
import type { LinkSide } from './links.ts'

/**
 * A row for each process, container, service, edge or link of these activities, TCP and UDP of a process together.
 *
 * @param linkOf the link that an edge is an end of
 */
export function topRows(
  activities: readonly EdgeActivity[],
  grouping: TopGrouping,
  linkOf: (edge: Edge) => LinkSide | undefined = () => undefined,
): TopRow[] {
  if (grouping === 'link') return linkRows(activities, linkOf)
  const rows = new Map<string, TopRow>()
  /** Keys of rows whose activity is the sum of several. */
  const summed = new Set<string>()
  for (const activity of activities) {
    const { edge } = activity
    const service = edge.process && grouping !== 'container' ? serviceOf(edge.process) : undefined
    const container = grouping === 'service' ? undefined : edge.process?.identity?.container
    const key = keyOf(edge, grouping, service)
    const row = rows.get(key) ?? {
      key,
      process: grouping === 'service' || grouping === 'container' ? undefined : edge.process,
      container,
      service,
      edge: grouping === 'edge' ? edge : undefined,
      processes: new Set(),
      peers: new Set(),
      activity,
      link: undefined,
    }
    if (edge.process) row.processes.add(processKey(edge.process))
    row.peers.add(peerText(edge))
    if (rows.has(key)) {
      if (!summed.has(key)) row.activity = copyOf(row.activity, edge)
      summed.add(key)
      addActivity(row.activity, activity)
    }
    rows.set(key, row)
  }
  return [...rows.values()]
}

function linkRows(activities: readonly EdgeActivity[], linkOf: (edge: Edge) => LinkSide | undefined): TopRow[] {
  const rows = new Map<string, LinkRow>()
  for (const activity of activities) {
    const { edge } = activity
    const found = linkOf(edge)
    if (!found || !edge.process) continue
    const { link, side } = found
    const row = rows.get(link.key) ?? emptyLinkRow(link, edge)
    rows.set(link.key, row)
    row.processes.add(processKey(edge.process))
    row.peers.add(peerText(edge))
    if (side === 'client') {
      addActivity(row.activity, activity)
      continue
    }
    addActivity(row.link.server, activity)
    row.activity.stages.acceptQueue.merge(activity.stages.acceptQueue)
    addPackets(row.activity.counts, activity.counts)
  }
  return [...rows.values()]
}

type LinkRow = TopRow & { activity: EdgeActivity; link: { link: Link; server: EdgeActivity } }

function emptyLinkRow(link: Link, edge: Edge): LinkRow {
  return {
    key: link.key,
    process: undefined,
    container: undefined,
    service: undefined,
    edge: undefined,
    processes: new Set(),
    peers: new Set(),
    activity: noActivity(edge),
    link: { link, server: noActivity(edge) },
  }
}

/** What one end tells of the wire, and the other does not. */
function addPackets(sum: EdgeCounts, { retransmits, resetsSent, stallNs }: EdgeCounts): void {
  for (const type of retransmitTypes) sum.retransmits[type] += retransmits[type]
  sum.resetsSent += resetsSent
  sum.stallNs += stallNs
}

function copyOf(activity: TopRow['activity'], edge: Edge): EdgeActivity {
  const copy = noActivity(edge)
  addActivity(copy, activity)
  return copy
}

/** Of the row of all processes that are in no container. */
export const hostKey = 'host'

function keyOf(edge: Edge, grouping: TopGrouping, service: string | undefined): string {
  if (grouping === 'edge') return edgeKey(edge)
  if (!edge.process) return 'others'
  if (grouping === 'container') {
    const container = edge.process.identity?.container
    return container ? `container ${container.id ?? container.name}` : hostKey
  }
  return grouping === 'process' ? processKey(edge.process) : `service ${service}`
}

export interface TopOrder {
  column: TopColumnName
  isReversed: boolean
}

/** Columns whose small values come first. */
const ascending: ReadonlySet<TopColumnName> = new Set(['pid', 'comm', 'container', 'service', 'peer', 'link'])
const collator = new Intl.Collator('en', { numeric: true })

/** Whether what is greatest, or last in the alphabet, comes first. */
export function isDescending({ column, isReversed }: TopOrder): boolean {
  return ascending.has(column) === isReversed
}

/** The rows, the worst first (texts and pids: the lowest), or the other way round; those without a value always last. */
export function sortedRows(rows: readonly TopRow[], order: TopOrder): TopRow[] {
  const { column } = order
  const sign = isDescending(order) ? -1 : 1
  return rows
    .map((row) => ({ row, value: topValue(row, column) }))
    .toSorted((a, b) => {
      const byKey = collator.compare(a.row.key, b.row.key)
      if (a.value === undefined || b.value === undefined)
        return Number(a.value === undefined) - Number(b.value === undefined) || byKey
      return sign * compared(a.value, b.value) || byKey
    })
    .map(({ row }) => row)
}

function compared(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b))
}

/** The rows that have the text in their comm, service, pid or peers. */
export function rowsWithText(rows: readonly TopRow[], text: string): TopRow[] {
  return text === '' ? [...rows] : rows.filter((row) => hasText(row, text))
}
