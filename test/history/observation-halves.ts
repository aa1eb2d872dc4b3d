import { LogLinearHistogram } from '../../src/histogram/log-linear-histogram.ts'
import type { EdgeActivity } from '../../src/model/edge.ts'
import type { NamespaceFacts } from '../../src/model/host-facts.ts'
import type { Observation } from '../../src/model/observation.ts'
import type { ObservedStep } from '../../src/track/merged-observation.ts'

/** The same observation as two steps would have it: what was counted is halved, what has a time goes to its half. */
export function halvesOf(whole: Observation): [ObservedStep, ObservedStep] {
  const spanNs = whole.spanNs / 2
  return [
    { startNs: 0, observation: halfOf(whole, spanNs, true) },
    { startNs: spanNs, observation: halfOf(whole, spanNs, false) },
  ]
}

function halfOf(whole: Observation, spanNs: number, isFirst: boolean): Observation {
  const half = (count: number): number => (isFirst ? Math.floor(count / 2) : Math.ceil(count / 2))
  const middle = (before: number, now: number): number => before + Math.floor((now - before) / 2)
  const firstNs = isFirst ? 0 : spanNs
  const first = <T extends { firstNs: number }>(entries: readonly T[]): T[] =>
    entries.map((entry) => ({ ...entry, firstNs: isFirst ? entry.firstNs : 0 }))
  const timed = <T extends { timeNs: number }>(entries: readonly T[]): T[] =>
    entries
      .filter(({ timeNs }) => timeNs < spanNs === isFirst)
      .map((entry) => ({ ...entry, timeNs: entry.timeNs - firstNs }))
  return {
    ...whole,
    spanNs,
    edges: whole.edges.map((edge) => halfActivity(edge, half)),
    failures: first(whole.failures).map((one) => ({ ...one, count: half(one.count) })),
    lives: whole.lives.map((one) => ({
      ...one,
      opened: half(one.opened),
      closed: half(one.closed),
      lifeNs: half(one.lifeNs),
      bytes: half(one.bytes),
    })),
    retransmits: first(whole.retransmits).map((one) => ({
      ...one,
      syn: half(one.syn),
      rto: half(one.rto),
      other: half(one.other),
      stallNs: half(one.stallNs),
    })),
    drops: first(whole.drops).map((one) => ({
      ...one,
      count: half(one.count),
      owners: isFirst ? one.owners : [],
    })),
    pickups: first(whole.pickups).map((one) => ({ ...one, count: half(one.count), waitedNs: half(one.waitedNs) })),
    exchanges: timed(whole.exchanges),
    threads: whole.threads.map((one) => ({
      ...one,
      ranNs: half(one.ranNs),
      waitedNs: half(one.waitedNs),
      throttledNs: half(one.throttledNs),
      spanNs: half(one.spanNs),
    })),
    slowTimes: timed(whole.slowTimes),
    series: whole.series.map(({ process, points }) => ({ process, points: timed(points) })),
    states: whole.states.map((one) =>
      isFirst ? { ...one, now: middle(one.before, one.now) } : { ...one, before: middle(one.before, one.now) },
    ),
    host: whole.host && {
      before: isFirst ? whole.host.before : whole.host.now,
      now: isFirst ? whole.host.before : whole.host.now,
    },
    namespaces: whole.namespaces.map(({ before, now }) => ({
      before: isFirst || !before ? before : middleFacts(before, now),
      now: isFirst && before ? middleFacts(before, now) : now,
    })),
  }
}

function halfActivity(activity: EdgeActivity, half: (count: number) => number): EdgeActivity {
  const { retransmits, ...counts } = activity.counts
  const halved = <Counts extends object>(all: Counts): Counts =>
    Object.fromEntries(Object.entries(all).map(([name, count]) => [name, half(count as number)])) as Counts
  return {
    ...activity,
    counts: { ...halved(counts), retransmits: halved(retransmits) },
    stages: Object.fromEntries(
      Object.entries(activity.stages).map(([stage, histogram]) => [stage, halfHistogram(histogram, half)]),
    ) as EdgeActivity['stages'],
  }
}

/** A half without samples has no time either. */
function halfHistogram(
  { counts, sumNs, maxNs }: LogLinearHistogram,
  half: (count: number) => number,
): LogLinearHistogram {
  const lowerHalf = counts.map((count) => Math.floor(count / 2))
  const halved = counts.map(half)
  if (lowerHalf.every((count) => count === 0))
    return LogLinearHistogram.of({ counts: halved, ...(half(1) === 0 ? { sumNs: 0, maxNs: 0 } : { sumNs, maxNs }) })
  return LogLinearHistogram.of({ counts: halved, sumNs: half(sumNs), maxNs })
}

function middleFacts(before: NamespaceFacts, now: NamespaceFacts): NamespaceFacts {
  const tcp = Object.entries(now.tcp).map(([name, count]) => [
    name,
    Math.floor((count + before.tcp[name as keyof NamespaceFacts['tcp']]) / 2),
  ])
  return { ...now, tcp: Object.fromEntries(tcp) as NamespaceFacts['tcp'] }
}
