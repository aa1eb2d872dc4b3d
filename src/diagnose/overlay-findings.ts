import { bestLag, chanceOf, type LaggedCorrelation, type Points } from './lagged-correlation.ts'

/** The p95 of an HTTP service, as somebody else measured it. */
export interface HttpSeries {
  service: string
  p95Ms: Points
  /** What each value is of: the time until then. */
  windowMs: number
}

/** Something of this host that the p95 may move with; more of it is worse. */
export interface HostSeries {
  /** As a sentence has it: `send p95 of checkout → db`, `TIME_WAIT of checkout`. */
  name: string
  points: Points
}

/** All series have a value for each step, from the same moment on. */
export interface Overlay {
  stepMs: number
  http: readonly HttpSeries[]
  host: readonly HostSeries[]
}

/** What the p95 of an HTTP service moves with. */
export interface OverlayFinding {
  service: string
  name: string
  /** By how much the p95 comes later; negative: earlier. */
  lagMs: number
  pearson: number
  spearman: number
  steps: number
  /** How likely as much is by chance, with so many series looked at. */
  chance: number
  /** `HTTP p95 of checkout follows send p95 of checkout → db by 10 s (r = 0.93 over 40 steps)`. */
  sentence: string
}

export interface OverlayReport {
  /** By service, the closest first. */
  findings: readonly OverlayFinding[]
  /** Why nothing was found of the other services. */
  unexplained: readonly string[]
}

const leastSteps = 20
const maxLagMs = 60_000
const leastPearson = 0.7
const greatestChance = 0.05
/** Of a service. */
const maxFindings = 3
/** In a list of services. */
const maxNamed = 5
/** What varies by less does not move: of its median, and for a p95 in milliseconds. */
const leastSwingShare = 0.25
const leastSwingMs = 1

/**
 * What of this host moves with the p95 of HTTP services, up to a minute earlier or later. Told is only what can hardly be
 * chance: Pearson's r of 0.7 at the best lag, and the ranks agree; with as many independent steps as neighbours' likeness
 * leaves; times the series and lags that were tried (Bonferroni).
 */
export function overlayFindings({ stepMs, http, host }: Overlay): OverlayReport {
  const findings: OverlayFinding[] = []
  const unexplained: string[] = []
  const still: string[] = []
  const unknown: string[] = []
  for (const series of http) {
    const { service, p95Ms } = series
    const known = p95Ms.filter((value) => value !== undefined)
    const low = Math.min(...known)
    const high = Math.max(...known)
    if (known.length < leastSteps) unknown.push(service)
    else if (high - low < leastSwingMs || !hasMoved(known)) still.push(service)
    else {
      const alike = likeSeries(series, host, stepMs)
      const found = alike.filter(({ chance }) => chance <= greatestChance)
      findings.push(...found.slice(0, maxFindings))
      if (found.length > 0) continue
      const moved = `HTTP p95 of ${service} moved from ${low.toFixed(1)} to ${high.toFixed(1)} ms`
      const looked = `${host.length} series over ${known.length} steps`
      unexplained.push(`${moved}, and nothing on this host moves with it beyond chance: ${looked}${closestText(alike)}`)
    }
  }
  if (still.length > 0) unexplained.push(`HTTP p95 of ${listText(still)} did not move`)
  if (unknown.length > 0)
    unexplained.push(
      `HTTP p95 of ${listText(unknown)} is known for fewer than ${leastSteps} steps, which is too few to compare`,
    )
  return { findings, unexplained }
}

/** `a, b, c and 12 more`. */
function listText(names: readonly string[]): string {
  const shown = names.slice(0, maxNamed).join(', ')
  return names.length > maxNamed ? `${shown} and ${names.length - maxNamed} more` : shown
}

/** `; closest, which may be chance, TIME_WAIT of web (r = 0.98, 10 s before)`. */
function closestText([closest]: readonly OverlayFinding[]): string {
  if (!closest) return ''
  const { name, pearson, lagMs } = closest
  const when = lagMs === 0 ? 'in the same step' : `${secondsText(lagMs)} ${lagMs > 0 ? 'before' : 'after'}`
  return `; closest, which may be chance, is ${name} (r = ${pearson.toFixed(2)}, ${when})`
}

/** What looks as if it moved with the p95, the closest first, with how likely that is by chance. */
function likeSeries(
  { service, p95Ms, windowMs }: HttpSeries,
  host: readonly HostSeries[],
  stepMs: number,
): OverlayFinding[] {
  const maxLagSteps = Math.floor(maxLagMs / stepMs)
  const windowSteps = Math.max(1, Math.round(windowMs / stepMs))
  const tried = host.flatMap(({ name, points }) => {
    // A p95 over a minute is as slow as the slowest of its steps, if 5 % of the requests were in it.
    const seen = trailingMaximum(points, windowSteps)
    const known = seen.filter((value) => value !== undefined)
    if (known.length < leastSteps || !hasMoved(known)) return []
    const correlation = bestLag(seen, p95Ms, { maxLagSteps, leastSteps })
    return correlation ? [{ name, correlation }] : []
  })
  return tried
    .filter(({ correlation }) => correlation.pearson >= leastPearson)
    .map(({ name, correlation }) => {
      const { lagSteps, pearson, spearman, steps } = correlation
      const chance = chanceAmong(correlation, tried.length, 2 * maxLagSteps + 1)
      const lagMs = lagSteps * stepMs
      const sentence = sentenceOf(service, name, lagMs, correlation)
      return { service, name, lagMs, pearson, spearman, steps, chance, sentence }
    })
    .toSorted((x, y) => y.pearson - x.pearson)
}

/** Of so many series the best one, by the best of its lags: those are as many as there are independent steps among them. */
function chanceAmong(
  { pearson, spearman, effectiveSteps, steps }: LaggedCorrelation,
  series: number,
  lags: number,
): number {
  const tries = Math.max(1, (lags * effectiveSteps) / steps)
  const ofValues = chanceOf(pearson, effectiveSteps) * series * tries
  // The lag was not chosen by the ranks.
  const ofRanks = chanceOf(spearman, effectiveSteps) * series
  return Math.min(1, Math.max(ofValues, ofRanks))
}

function sentenceOf(service: string, name: string, lagMs: number, { pearson, steps }: LaggedCorrelation): string {
  const by = secondsText(lagMs)
  const how =
    lagMs > 0 ? `follows ${name} by ${by}` : lagMs < 0 ? `runs ahead of ${name} by ${by}` : `moves with ${name}`
  return `HTTP p95 of ${service} ${how} (r = ${pearson.toFixed(2)} over ${steps} steps)`
}

/** Without its sign. */
function secondsText(lagMs: number): string {
  return `${(Math.abs(lagMs) / 1000).toLocaleString('en-US', { maximumFractionDigits: 1 })} s`
}

/** The greatest of the last so many steps, this one included. */
export function trailingMaximum(points: Points, steps: number): Points {
  return points.map((_, i) => {
    const known = points.slice(Math.max(0, i - steps + 1), i + 1).filter((value) => value !== undefined)
    return known.length === 0 ? undefined : Math.max(...known)
  })
}

function hasMoved(known: readonly number[]): boolean {
  const sorted = known.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]!
  const swing = sorted.at(-1)! - sorted[0]!
  return swing > 0 && swing >= leastSwingShare * Math.abs(median)
}
