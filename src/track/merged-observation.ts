import { processKey } from '../model/edge-text.ts'
import type {
  ConnectFailures,
  ConnectionLives,
  Drops,
  Observation,
  Retransmits,
  SlowPickups,
  StateCount,
  ThreadTimes,
} from '../model/observation.ts'
import type { Task } from '../model/process.ts'
import type { SocketPair } from '../model/socket.ts'
import { mergedActivities } from './merged-activities.ts'
import { shiftedObservation } from './shifted-observation.ts'

/** What was seen in one of several consecutive steps. */
export interface ObservedStep {
  /** When it began, after whatever all of them are counted from. */
  startNs: number
  /** Times in it are nanoseconds after its begin. */
  observation: Observation
}

/** The same bounds as of one observation (observed.ts, observer.ts), so that it does not grow with the steps. */
const maxEntries = 4096
const maxThreads = 1024
const maxExchanges = 10_000
const maxSlowTimes = 100_000
const maxDropOwners = 16

/**
 * Makes one observation of several steps: times in it are nanoseconds after the begin of the first, its span is the sum of
 * theirs. Steps may be missing between: what was not seen does not count as time.
 *
 * @param steps in the order of time
 */
export function mergedObservation(steps: readonly ObservedStep[]): Observation {
  const originNs = steps[0]?.startNs ?? 0
  const parts = steps.map(({ startNs, observation }) => shiftedObservation(observation, startNs - originNs))
  const spanNs = parts.reduce((sum, part) => sum + part.spanNs, 0)
  return {
    spanNs,
    unseen: [...new Map(parts.flatMap(({ unseen }) => unseen).map((one) => [one.signal, one])).values()],
    edges: mergedActivities(parts.map(({ edges }) => edges)),
    failures: summed(parts, ({ failures }) => failures, failuresKey, addFailures),
    lives: summed(parts, ({ lives }) => lives, livesKey, addLives),
    retransmits: summed(parts, ({ retransmits }) => retransmits, retransmitsKey, addRetransmits),
    drops: summed(
      parts,
      ({ drops }) => drops,
      ({ reason }) => reason,
      addDrops,
    ),
    pickups: summed(
      parts,
      ({ pickups }) => pickups,
      ({ reader }) => `${taskKey(reader)} ${reader.tid}`,
      addPickups,
    ),
    exchanges: parts.flatMap(({ exchanges }) => exchanges).slice(0, maxExchanges),
    slowNs: Math.max(0, ...parts.map(({ slowNs }) => slowNs)),
    threads: summed(
      parts,
      ({ threads }) => threads,
      ({ pid, tid }) => `${pid} ${tid}`,
      addThreads,
      maxThreads,
    ),
    slowTimes: parts.flatMap(({ slowTimes }) => slowTimes).slice(0, maxSlowTimes),
    idleShare: idleShareOf(parts),
    series: mergedSeries(parts),
    states: mergedStates(parts),
    host: hostOf(parts),
    namespaces: mergedNamespaces(parts),
  }
}

/** One entry for each key; those beyond the bound are left out. */
function summed<Entry>(
  parts: readonly Observation[],
  entriesOf: (part: Observation) => readonly Entry[],
  keyOf: (entry: Entry) => string,
  add: (sum: Entry, entry: Entry) => Entry,
  most = maxEntries,
): Entry[] {
  const sums = new Map<string, Entry>()
  for (const entry of parts.flatMap((part) => entriesOf(part))) {
    const key = keyOf(entry)
    const sum = sums.get(key)
    if (sum !== undefined) sums.set(key, add(sum, entry))
    else if (sums.size < most) sums.set(key, entry)
  }
  return [...sums.values()]
}

function taskKey({ pid, processStartNs }: Task): string {
  return `${pid} ${processStartNs}`
}

/** Whose something is: who that is may have been looked up only later. */
function named<Named extends Task>(earlier: Named, later: Named): Named {
  return earlier.identity === undefined && later.identity !== undefined ? later : earlier
}

function failuresKey({ owner, socket, error }: ConnectFailures): string {
  return `${taskKey(owner)} ${peerKey(socket)} ${socket.peer.port} ${error}`
}

function addFailures(sum: ConnectFailures, { owner, count, firstNs }: ConnectFailures): ConnectFailures {
  return {
    ...sum,
    owner: named(sum.owner, owner),
    count: sum.count + count,
    firstNs: Math.min(sum.firstNs, firstNs),
  }
}

function livesKey({ owner, role, socket }: ConnectionLives): string {
  return `${taskKey(owner)} ${role} ${peerKey(socket)} ${role === 'client' ? socket.peer.port : socket.local.port}`
}

function addLives(sum: ConnectionLives, lives: ConnectionLives): ConnectionLives {
  return {
    ...sum,
    owner: named(sum.owner, lives.owner),
    opened: sum.opened + lives.opened,
    closed: sum.closed + lives.closed,
    lifeNs: sum.lifeNs + lives.lifeNs,
    bytes: sum.bytes + lives.bytes,
  }
}

/** Of the service: the lower of the two ports, as it is not known here which end this is. */
function retransmitsKey({ owner, socket }: Retransmits): string {
  return `${taskKey(owner)} ${peerKey(socket)} ${Math.min(socket.local.port, socket.peer.port)}`
}

function addRetransmits(sum: Retransmits, retransmits: Retransmits): Retransmits {
  return {
    ...sum,
    owner: named(sum.owner, retransmits.owner),
    syn: sum.syn + retransmits.syn,
    rto: sum.rto + retransmits.rto,
    other: sum.other + retransmits.other,
    stallNs: sum.stallNs + retransmits.stallNs,
    firstNs: Math.min(sum.firstNs, retransmits.firstNs),
  }
}

function addDrops(sum: Drops, { count, owners, firstNs }: Drops): Drops {
  return {
    ...sum,
    count: sum.count + count,
    owners: [...sum.owners, ...owners].slice(0, maxDropOwners),
    firstNs: Math.min(sum.firstNs, firstNs),
  }
}

function addPickups(sum: SlowPickups, pickups: SlowPickups): SlowPickups {
  return {
    ...sum,
    reader: named(sum.reader, pickups.reader),
    count: sum.count + pickups.count,
    waitedNs: sum.waitedNs + pickups.waitedNs,
    longestNs: Math.max(sum.longestNs, pickups.longestNs),
    firstNs: Math.min(sum.firstNs, pickups.firstNs),
  }
}

function addThreads(sum: ThreadTimes, times: ThreadTimes): ThreadTimes {
  return {
    ...sum,
    ranNs: sum.ranNs + times.ranNs,
    waitedNs: sum.waitedNs + times.waitedNs,
    throttledNs: sum.throttledNs + times.throttledNs,
    spanNs: sum.spanNs + times.spanNs,
  }
}

function peerKey({ peer }: SocketPair): string {
  return peer.address
}

/** Of the time in which it is known. */
function idleShareOf(parts: readonly Observation[]): number | undefined {
  const known = parts.filter(({ idleShare }) => idleShare !== undefined)
  const knownNs = known.reduce((sum, { spanNs }) => sum + spanNs, 0)
  if (knownNs === 0) return undefined
  return known.reduce((sum, { idleShare = 0, spanNs }) => sum + idleShare * spanNs, 0) / knownNs
}

function mergedSeries(parts: readonly Observation[]): Observation['series'] {
  const all = summed(
    parts,
    ({ series }) => series,
    ({ process }) => processKey(process),
    (sum, { process, points }) => ({ process, points: [...sum.points, ...points] }),
    maxThreads,
  )
  return all.map(({ process, points }) => ({ process, points: points.slice(0, maxSlowTimes) }))
}

/** Those of the last step; before is what there was before the first that has them. */
function mergedStates(parts: readonly Observation[]): StateCount[] {
  const keyOf = ({ state, netns, owner }: StateCount): string => `${state} ${netns} ${owner ? taskKey(owner) : ''}`
  const before = new Map<string, number>()
  for (const count of parts.flatMap(({ states }) => states))
    if (!before.has(keyOf(count))) before.set(keyOf(count), count.before)
  return (parts.at(-1)?.states ?? []).map((count) => ({ ...count, before: before.get(keyOf(count)) ?? count.before }))
}

function hostOf(parts: readonly Observation[]): Observation['host'] {
  const first = parts.find(({ host }) => host)?.host
  const last = parts.findLast(({ host }) => host)?.host
  return first && last && { before: first.before, now: last.now }
}

/** Also those that have ended meanwhile. */
function mergedNamespaces(parts: readonly Observation[]): Observation['namespaces'] {
  const all = new Map<number, Observation['namespaces'][number]>()
  for (const { before, now } of parts.flatMap(({ namespaces }) => namespaces)) {
    const known = all.get(now.netns)
    all.set(now.netns, { before: known ? known.before : before, now })
  }
  return [...all.values()]
}
