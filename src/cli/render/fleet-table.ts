import { measureTraits } from '../../fleet/measures.ts'
import { printable } from '../../lib/printable.ts'
import { cutText } from '../../lib/text-width.ts'
import {
  fleetMeasures,
  type FleetComparison,
  type FleetMeasure,
  type FleetMember,
  type FleetNorm,
} from '../../model/fleet.ts'
import { alignedTable } from './aligned-table.ts'

const none = '-'
const maxNameColumns = 40

/**
 * A row for each host or service, those that are out of line first; the medians last. A terminal gets the columns in which
 * there is anything, as many as have room, those first in which somebody is out of line; a program gets all.
 *
 * @param limit of rows
 * @param columns of the terminal
 */
export function fleetTable(
  comparison: FleetComparison,
  { isTerminal, limit, columns }: { isTerminal: boolean; limit: number; columns: number },
): string[] {
  const { reading, norms } = comparison
  const members = rankedMembers(comparison).slice(0, limit)
  const outOfLine = measuresByMember(comparison)
  const nameOf = ({ name }: FleetMember): string =>
    isTerminal ? cutText(printable(name), maxNameColumns) : printable(name)
  const table = (measures: readonly FleetMeasure[]): string[] => {
    const headings = measures.map((measure) => measureTraits[measure].heading)
    const rows = members.map((member) => [
      nameOf(member),
      member.status,
      outOfLine.get(member)?.map(headingOf).join(',') || none,
      ...measures.map((measure) => cell(measure, member.values[measure])),
    ])
    const medians = measures.map((measure) => cell(measure, medianOf(norms, measure)))
    return alignedTable(
      [[reading.by.toUpperCase(), 'STATUS', 'OUT_OF_LINE', ...headings], ...rows, ['(median)', none, none, ...medians]],
      isTerminal,
    )
  }
  if (!isTerminal) return table(fleetMeasures)
  return widestTable(table, shownMeasures(comparison), new Set([...outOfLine.values()].flat()), columns)
}

/** With as many measures as fit: from the end those are left out by which nobody is out of line. */
function widestTable(
  table: (measures: readonly FleetMeasure[]) => string[],
  measures: readonly FleetMeasure[],
  wanted: ReadonlySet<FleetMeasure | undefined>,
  columns: number,
): string[] {
  const shown = [...measures]
  for (;;) {
    const lines = table(shown)
    if (shown.length === 0 || lines.every((line) => line.length <= columns)) return lines
    const spare = shown.findLastIndex((measure) => !wanted.has(measure))
    shown.splice(spare < 0 ? -1 : spare, 1)
  }
}

/** Those that anybody has more than nothing of. */
function shownMeasures({ reading }: FleetComparison): FleetMeasure[] {
  return fleetMeasures.filter((measure) => reading.members.some(({ values }) => (values[measure] ?? 0) > 0))
}

/** Who is out of line, the farthest first, then the others by their names. */
export function rankedMembers({ reading, outliers }: FleetComparison): FleetMember[] {
  return [...new Set([...outliers.map(({ member }) => member), ...reading.members])]
}

/** By what each is out of line; undefined: it reports nothing. */
function measuresByMember({ outliers }: FleetComparison): Map<FleetMember, (FleetMeasure | undefined)[]> {
  const measures = new Map<FleetMember, (FleetMeasure | undefined)[]>()
  for (const { member, measure } of outliers) measures.set(member, [...(measures.get(member) ?? []), measure])
  return measures
}

function headingOf(measure: FleetMeasure | undefined): string {
  return measure === undefined ? 'NO_REPORT' : measureTraits[measure].heading
}

function medianOf(norms: readonly FleetNorm[], measure: FleetMeasure): number | undefined {
  return norms.find((norm) => norm.measure === measure)?.median
}

/** In the unit that the heading says: counts, milliseconds, percent, per second. */
function cell(measure: FleetMeasure, value: number | undefined): string {
  if (value === undefined) return none
  switch (measureTraits[measure].unit) {
    case 'count':
      return Number.isInteger(value) ? String(value) : value.toFixed(1)
    case 'ms':
      return value < 9.9995 ? value.toFixed(3) : value.toFixed(1)
    case 'share':
      return (value * 100).toFixed(1)
    case 'perS':
      return value === 0 ? '0' : value < 9.9995 ? value.toFixed(3) : value.toFixed(1)
  }
}
