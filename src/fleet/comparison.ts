import {
  fleetMeasures,
  type FleetComparison,
  type FleetMeasure,
  type FleetMember,
  type FleetNorm,
  type FleetReading,
  type Outlier,
} from '../model/fleet.ts'
import { measureText, measureTraits } from './measures.ts'

/** With three, one alone decides what is usual: the median of two deviations beside its own 0. */
export const leastMembers = 4
/** Of modified z-scores, as Iglewicz and Hoaglin (1993) recommend. */
export const defaultThreshold = 3.5
/** By which the MAD is the standard deviation where values are normally distributed. */
const normalMad = 1.4826
/** Of the median: a deviation that is usual, however alike the fleet is. */
const usualShare = 0.1

/** @throws RangeError without values */
export function medianOf(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('a median of nothing')
  const sorted = [...values].toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const high = sorted[middle]!
  return sorted.length % 2 === 1 ? high : (sorted[middle - 1]! + high) / 2
}

/** Median of the absolute deviations from the median. @throws RangeError without values */
export function madOf(values: readonly number[]): number {
  const median = medianOf(values)
  return medianOf(values.map((value) => Math.abs(value - median)))
}

/**
 * Who is out of line: by each measure, who is farther from the fleet's median than `threshold` times the usual deviation,
 * which is 1.4826 × MAD, but at least a tenth of the median and what matters of that measure (so a fleet whose MAD is 0 is
 * compared as well). Whoever reports nothing is out of line, too.
 */
export function compareFleet(reading: FleetReading, threshold: number = defaultThreshold): FleetComparison {
  const reporting = reading.members.filter(({ status }) => status === 'reporting')
  const missing = reading.members.filter(({ status }) => status !== 'reporting')
  const norms: FleetNorm[] = []
  const outliers: Outlier[] = missing.map((member) => ({
    member,
    sentence: `${member.name}: ${missingText(member)}`,
    measure: undefined,
    value: undefined,
    norm: undefined,
    score: Infinity,
  }))
  for (const measure of fleetMeasures) {
    const norm = normOf(measure, reporting)
    if (!norm) continue
    norms.push(norm)
    if (norm.isTooFew) continue
    for (const member of reporting) {
      const value = member.values[measure]
      const score = value === undefined ? 0 : scoreOf(norm, value)
      if (value === undefined || score <= threshold) continue
      outliers.push({ member, sentence: sentenceOf(member, norm, value), measure, value, norm, score })
    }
  }
  return { reading, norms, outliers: outliers.toSorted(byScore) }
}

function normOf(measure: FleetMeasure, members: readonly FleetMember[]): FleetNorm | undefined {
  const values = members.flatMap(({ values: all }) => all[measure] ?? [])
  if (values.length === 0) return undefined
  return {
    measure,
    median: medianOf(values),
    mad: madOf(values),
    members: values.length,
    isTooFew: values.length < leastMembers,
  }
}

function scoreOf({ measure, median, mad }: FleetNorm, value: number): number {
  const { leastDeviation, isLowWorthTelling } = measureTraits[measure]
  const deviation = isLowWorthTelling ? Math.abs(value - median) : value - median
  return deviation / Math.max(normalMad * mad, usualShare * median, leastDeviation)
}

/** Who reports nothing first; of equals in the order of their names. */
function byScore(a: Outlier, b: Outlier): number {
  if (a.score !== b.score) return b.score - a.score
  return a.member.name < b.member.name ? -1 : a.member.name > b.member.name ? 1 : 0
}

function sentenceOf({ name, causes }: FleetMember, { measure, median }: FleetNorm, value: number): string {
  const named = measure === 'findings' && causes.length > 0 ? ` (${causes.join(', ')})` : ''
  const what = `${measureTraits[measure].title} ${measureText(measure, value)}${named}`
  return `${name}: ${what}, fleet median ${measureText(measure, median)}`
}

function missingText({ status, lastUnixMs }: FleetMember): string {
  const what = status === 'down' ? 'down: it does not answer Prometheus' : 'silent: it has stopped reporting'
  return lastUnixMs === undefined ? what : `${what}; last heard of at ${isoSeconds(lastUnixMs)}`
}

function isoSeconds(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19)}Z`
}

/** Says by what nobody could be compared; undefined where everybody was. */
export function tooFewSentence({ norms, reading }: FleetComparison): string | undefined {
  const few = norms.filter(({ isTooFew }) => isTooFew)
  if (few.length === 0) return undefined
  const most = Math.max(...few.map(({ members }) => members))
  const whose = `${most} ${reading.by}${most === 1 ? '' : 's'}`
  const what =
    few.length === norms.length ? 'in all' : `with ${few.map((norm) => measureTraits[norm.measure].title).join(', ')}`
  return `${whose} ${what}: too few to say who is out of line (${leastMembers} are needed)`
}
