import type { Observation } from '../model/observation.ts'

/** The same, with its times counted from another moment: `byNs` is added to each. */
export function shiftedObservation(observation: Observation, byNs: number): Observation {
  const withFirst = <T extends { firstNs: number }>(entries: readonly T[]): T[] =>
    entries.map((entry) => ({ ...entry, firstNs: entry.firstNs + byNs }))
  const withTime = <T extends { timeNs: number }>(entries: readonly T[]): T[] =>
    entries.map((entry) => ({ ...entry, timeNs: entry.timeNs + byNs }))
  const { failures, retransmits, drops, pickups, exchanges, slowTimes, series } = observation
  return {
    ...observation,
    failures: withFirst(failures),
    retransmits: withFirst(retransmits),
    drops: withFirst(drops),
    pickups: withFirst(pickups),
    exchanges: withTime(exchanges),
    slowTimes: withTime(slowTimes),
    series: series.map(({ process, points }) => ({ process, points: withTime(points) })),
  }
}
