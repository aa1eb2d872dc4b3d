import type { EdgeProcess } from '../../model/edge.ts'
import type { Observation, SlowTime } from '../../model/observation.ts'
import { ruledOut, type Rule } from '../rule.ts'
import { msText, percentText, who } from '../words.ts'

/** Slow samples nearer to each other are one burst. */
const burstGapNs = 1.5e9
const leastBursts = 3
/** Against the median of the process. */
const outlierRatio = 3
/** How far intervals between bursts may be from their mean. */
const tolerance = 0.3
/** How long before a burst what causes it may begin. */
const leadNs = 500e6
/** Bursts that fill more of the time are no spikes. */
const mostShare = 0.5

interface Burst {
  startNs: number
  endNs: number
}

/** Something is slow again and again at even distances; and somebody is active just then, and not between. */
export const periodicSpike: Rule = (observation) => {
  const outliers = outliersOf(observation)
  const bursts = burstsOf(outliers.map(({ timeNs }) => timeNs))
  const periodNs = periodOf(bursts)
  const busyNs = bursts.reduce((sum, { startNs, endNs }) => sum + endNs - startNs, 0)
  if (periodNs === undefined || busyNs > mostShare * observation.spanNs)
    return ruledOut(
      'periodic-spike',
      `${outliers.length} sends, reads and requests that were slow for who made them do not come in bursts at even distances`,
    )
  const suspect = suspectOf(bursts, observation)
  if (!suspect) return ruledOut('periodic-spike', 'nobody sends just when others are slow')
  const victim = mostOften(outliers)
  const [first] = bursts
  return {
    findings: [
      {
        cause: 'periodic-spike',
        culprit: suspect.process,
        sentence: `${victim ? `${who(victim)} is` : 'Connections are'} slow every ${secondsText(periodNs)}, when ${who(suspect.process)} is active.`,
        sinceNs: first?.startNs,
        evidence: [
          `${bursts.length} bursts of slow sends, reads and requests, ${secondsText(periodNs)} apart, ${msText(busyNs / bursts.length)} long in the mean`,
          `${percentText(suspect.share)} of what ${who(suspect.process)} sent fell on them, in ${percentText(suspect.timeShare)} of the time`,
        ],
        confidence: 0.9,
        weight: 0.97,
        confirm: `wirelag send -p ${suspect.process.pid} --interval 1s`,
        advice: 'Spread the job over the time, bound its bandwidth or its CPU, or move it to another host.',
      },
    ],
    ruledOut: [],
  }
}

/** What took much longer than it does for that process in the median. */
function outliersOf({ slowTimes, edges }: Observation): SlowTime[] {
  const medians = new Map<string, number>()
  for (const { edge, stages } of edges) {
    for (const what of ['send', 'pickup'] as const) {
      const key = `${edge.process?.pid} ${what}`
      medians.set(key, Math.max(medians.get(key) ?? 0, stages[what].quantileNs(0.5) ?? 0))
    }
  }
  return slowTimes.filter(
    ({ owner, what, latencyNs }) => latencyNs > outlierRatio * (medians.get(`${owner.pid} ${what}`) ?? 0),
  )
}

function burstsOf(times: readonly number[]): Burst[] {
  const bursts: Burst[] = []
  for (const timeNs of times.toSorted((a, b) => a - b)) {
    const last = bursts.at(-1)
    if (last && timeNs - last.endNs <= burstGapNs) last.endNs = timeNs
    else bursts.push({ startNs: timeNs, endNs: timeNs })
  }
  return bursts
}

function periodOf(bursts: readonly Burst[]): number | undefined {
  if (bursts.length < leastBursts) return undefined
  const gaps = bursts.slice(1).map(({ startNs }, i) => startNs - (bursts[i]?.startNs ?? 0))
  const meanNs = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  return gaps.every((gap) => Math.abs(gap - meanNs) <= tolerance * meanNs) ? meanNs : undefined
}

interface Suspect {
  process: EdgeProcess
  /** Of what it sent, in the bursts. */
  share: number
  /** Of the time, that the bursts are. */
  timeShare: number
}

/** Who sends in the bursts and hardly between. */
function suspectOf(bursts: readonly Burst[], { series, spanNs }: Observation): Suspect | undefined {
  const isIn = (timeNs: number): boolean =>
    bursts.some(({ startNs, endNs }) => timeNs >= startNs - leadNs && timeNs <= endNs + leadNs)
  const timeShare = Math.min(
    1,
    bursts.reduce((sum, { startNs, endNs }) => sum + endNs - startNs + 2 * leadNs, 0) / spanNs,
  )
  const suspects = series.map(({ process, points }) => {
    const all = points.reduce((sum, { bytes }) => sum + bytes, 0)
    const inside = points.filter(({ timeNs }) => isIn(timeNs)).reduce((sum, { bytes }) => sum + bytes, 0)
    return { process, share: all > 0 ? inside / all : 0, timeShare, inside }
  })
  const [best] = suspects.toSorted((a, b) => b.share * Math.log(1 + b.inside) - a.share * Math.log(1 + a.inside))
  return best && best.share > 0.8 && best.share > 1.5 * timeShare ? best : undefined
}

function mostOften(slowTimes: readonly SlowTime[]): SlowTime['owner'] | undefined {
  const byPid = Map.groupBy(slowTimes, ({ owner }) => owner.pid)
  return [...byPid.values()].toSorted((a, b) => b.length - a.length)[0]?.[0]?.owner
}

function secondsText(ns: number): string {
  return ns >= 100e9 ? `${(ns / 60e9).toFixed(1)} min` : `${(ns / 1e9).toFixed(1)} s`
}
