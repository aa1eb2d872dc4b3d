import type { DrillDown } from '../../fleet/drill-down.ts'
import { tooFewSentence } from '../../fleet/comparison.ts'
import { formatDuration } from '../../lib/duration.ts'
import { printable } from '../../lib/printable.ts'
import type { FleetComparison, Outlier } from '../../model/fleet.ts'
import { fleetTable } from './fleet-table.ts'
import type { Styles } from './styles.ts'

export interface FleetTextOptions {
  /** Of outliers, and of rows. */
  limit: number
  columns: number
  styles: Styles
  drillDownOf: (outlier: Outlier) => DrillDown
}

/** For a terminal: who is out of line, with what shows it; then the table of all. */
export function fleetText(comparison: FleetComparison, options: FleetTextOptions): string[] {
  const { limit, columns, styles } = options
  const { outliers, reading } = comparison
  const shown = outliers.slice(0, limit)
  const more = outliers.length > shown.length ? [`and ${outliers.length - shown.length} more (--limit shows more)`] : []
  const few = tooFewSentence(comparison)
  const rest = reading.members.length - limit
  return [
    headline(comparison),
    ...(few === undefined ? [] : [few]),
    '',
    ...shown.flatMap((outlier, i) => outlierLines(outlier, i + 1, options)),
    ...more,
    ...(outliers.length === 0 ? ['Nobody is out of line.'] : []),
    '',
    ...fleetTable(comparison, { isTerminal: true, limit, columns }),
    ...(rest > 0 ? [styles.dim(`and ${rest} more ${reading.by}s`)] : []),
  ]
}

/** `42 hosts, 1 down, 2 silent; last 5 min 0 s of http://prometheus:9090`. */
function headline({ reading }: FleetComparison): string {
  const { by, members, source, spanMs } = reading
  const count = (status: string): number => members.filter((member) => member.status === status).length
  const missing = ['down', 'silent'].flatMap((status) => (count(status) > 0 ? [`${count(status)} ${status}`] : []))
  const all = `${members.length} ${by}${members.length === 1 ? '' : 's'}`
  return `${[all, ...missing].join(', ')}; last ${formatDuration(spanMs * 1e6)} of ${printable(source)}`
}

function outlierLines(outlier: Outlier, number: number, { styles, drillDownOf }: FleetTextOptions): string[] {
  const { where, commands, here, url } = drillDownOf(outlier)
  return [
    `${number}. ${styles.bold(printable(outlier.sentence))}`,
    styles.dim(`   on ${printable(where)}: ${commands.map(printable).join('; ')}`),
    ...(here === undefined ? [] : [styles.dim(`   here: ${printable(here)}`)]),
    ...(url === undefined ? [] : [styles.dim(`   ${printable(url)}`)]),
  ]
}
