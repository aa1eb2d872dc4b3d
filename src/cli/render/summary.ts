import { formatDuration } from '../../lib/duration.ts'
import { printable } from '../../lib/printable.ts'
import type { Book } from '../../model/book.ts'
import type { EdgeActivity } from '../../model/edge.ts'
import type { WatchResult } from '../../pipeline/watch.ts'
import { alignedTable } from './aligned-table.ts'
import { ms } from './columns.ts'
import { containerOf } from './owner-columns.ts'
import { costTable } from './cost-table.ts'
import type { SelfCost } from '../../pipeline/self-cost.ts'

/** The last lines of every live command: what became of every event, and how it was seen. */
export function summaryLines(result: WatchResult & { cost?: SelfCost | undefined }, isTerminal = false): string[] {
  const hooks = [...new Set(result.signals.flatMap((signal) => signal.hooks))]
  const missing = [...new Set(result.signals.flatMap((signal) => signal.lost))]
  return [
    ...(result.cost ? costTable(result.cost, isTerminal) : []),
    `wirelag: ${formatDuration(result.durationNs)}; ${result.books.map(bookText).join('; ')}; hooks: ${hooks.join(', ')}`,
    ...missing.map((loss) => `wirelag: ${loss} (see wirelag doctor)`),
  ]
}

function bookText(book: Book): string {
  const { signal, attempted, delivered, lost, filtered, invalid } = book
  return `${signal} ${attempted} = ${delivered} delivered + ${lost} lost + ${filtered} filtered + ${invalid} invalid`
}

/** Count and quantiles of each process's pickups, in milliseconds. */
export function pickupTable(processes: readonly EdgeActivity[], isTerminal: boolean): string[] {
  const hasUdp = processes.some(({ edge }) => edge.protocol === 'udp')
  const hasContainers = processes.some(({ edge }) => edge.process?.identity?.container)
  const header = [
    'PID',
    'COMM',
    ...(hasContainers ? ['CONTAINER'] : []),
    ...(hasUdp ? ['PROTO'] : []),
    'COUNT',
    'P50_MS',
    'P95_MS',
    'P99_MS',
    'MAX_MS',
  ]
  const rows = processes.map(({ edge, stages }) => [
    String(edge.process?.pid ?? '-'),
    edge.process ? printable(edge.process.comm) : '(others)',
    ...(hasContainers ? [containerOf(edge.process)] : []),
    ...(hasUdp ? [edge.protocol] : []),
    String(stages.pickup.count),
    ...[0.5, 0.95, 0.99].map((q) => ms(stages.pickup.quantileNs(q))),
    ms(stages.pickup.maxNs),
  ])
  return alignedTable([header, ...rows], isTerminal)
}
