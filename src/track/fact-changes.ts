import type {
  CgroupThrottlingChanges,
  FactChanges,
  HostChanges,
  NamespaceChanges,
  Rise,
} from '../model/fact-changes.ts'
import type { CgroupThrottling, HostFacts, NamespaceFacts, Pressure, Stall, Survey } from '../model/host-facts.ts'

/**
 * What happened between two surveys of one host. A namespace or a cgroup that came meanwhile counts from zero, and so does
 * one of whose counters one fell: its inode or path is another's now.
 *
 * @throws RangeError where the second is not later than the first
 */
export function factChanges(before: Survey, after: Survey): FactChanges {
  const seconds = (after.takenAtMs - before.takenAtMs) / 1000
  if (!(seconds > 0)) throw new RangeError('the second survey is not later than the first')
  // What was not read is there.
  const there = new Set([...after.namespaces.map(({ netns }) => netns), ...after.unread])
  return {
    seconds,
    host: hostChanges(before.host, after.host, seconds),
    namespaces: namespacesChanges(before, after, seconds),
    ended: before.namespaces.map(({ netns }) => netns).filter((netns) => !there.has(netns)),
  }
}

function hostChanges(before: HostFacts, after: HostFacts, seconds: number): HostChanges {
  const pressure = (name: keyof HostFacts['pressure']): HostChanges['pressure'][typeof name] =>
    pressureChange(before.pressure[name], after.pressure[name], seconds)
  const pages = ({ swap: { inPages, outPages } }: HostFacts): { inPages: number; outPages: number } => ({
    inPages,
    outPages,
  })
  return {
    pressure: { cpu: pressure('cpu'), memory: pressure('memory'), io: pressure('io') },
    swap: rises(pages(before), pages(after), seconds),
    softnet: rises(before.softnet, after.softnet, seconds, wrappingRise),
    cgroupThrottling: throttlingChanges(before.cgroupThrottling, after.cgroupThrottling),
  }
}

function pressureChange(
  before: Pressure | undefined,
  after: Pressure | undefined,
  seconds: number,
): { some: number; full: number | undefined } | undefined {
  const some = stallShare(before?.some, after?.some, seconds)
  return some === undefined ? undefined : { some, full: stallShare(before?.full, after?.full, seconds) }
}

/** The kernel brings its totals up to date every 2 s, so a short time may seem to have more stall than it lasted. */
function stallShare(before: Stall | undefined, after: Stall | undefined, seconds: number): number | undefined {
  if (before === undefined || after === undefined) return undefined
  return Math.min(1, Math.max(0, after.totalUs - before.totalUs) / (seconds * 1e6))
}

function throttlingChanges(
  before: readonly CgroupThrottling[],
  after: readonly CgroupThrottling[],
): CgroupThrottlingChanges[] {
  const known = new Map(before.map((throttling) => [throttling.path, throttling]))
  return after
    .map((throttling) => throttlingChange(known.get(throttling.path), throttling))
    .filter(({ throttledPeriods }) => throttledPeriods > 0)
    .toSorted((one, other) => other.throttledNs - one.throttledNs)
}

/** Another cgroup may have got the path meanwhile: then all of its counts are new. */
function throttlingChange(known: CgroupThrottling | undefined, after: CgroupThrottling): CgroupThrottlingChanges {
  const before = known && !hasFallen(throttlingCounts(known), throttlingCounts(after)) ? known : undefined
  return {
    path: after.path,
    quotaCpus: after.quotaCpus,
    periods: after.periods - (before?.periods ?? 0),
    throttledPeriods: after.throttledPeriods - (before?.throttledPeriods ?? 0),
    throttledNs: after.throttledNs - (before?.throttledNs ?? 0),
  }
}

function throttlingCounts({
  periods,
  throttledPeriods,
  throttledNs,
}: CgroupThrottling): Counters<'periods' | 'throttledPeriods' | 'throttledNs'> {
  return { periods, throttledPeriods, throttledNs }
}

function namespacesChanges(before: Survey, after: Survey, seconds: number): NamespaceChanges[] {
  const known = new Map(before.namespaces.map((facts) => [facts.netns, facts]))
  const unread = new Set(before.unread)
  return after.namespaces
    .filter(({ netns }) => !unread.has(netns))
    .map((facts) => namespaceChanges(known.get(facts.netns), facts, seconds))
}

function namespaceChanges(known: NamespaceFacts | undefined, after: NamespaceFacts, seconds: number): NamespaceChanges {
  // The inode of one that ended may be given to another.
  const before = known && hasFallen(known.tcp, after.tcp) ? undefined : known
  const tracked = after.conntrack?.counters
  const trackedBefore = before?.conntrack?.counters
  const isTrackingNew = before === undefined || before.conntrack === undefined
  return {
    netns: after.netns,
    isNew: before === undefined,
    tcp: rises(before?.tcp, after.tcp, seconds),
    conntrack: tracked && (trackedBefore || isTrackingNew) ? rises(trackedBefore, tracked, seconds) : undefined,
    conntrackGrowth: after.conntrack && after.conntrack.count - (before?.conntrack?.count ?? 0),
  }
}

type Counters<Name extends string> = Readonly<Record<Name, number>>

/** Each counter alone, since one that wrapped says nothing of the others. */
function rises<Name extends string>(
  before: Counters<Name> | undefined,
  after: Counters<Name>,
  seconds: number,
  rise: (before: number, after: number) => number = riseOf,
): Record<Name, Rise> {
  const names = Object.keys(after) as Name[]
  const risen = names.map((name): [Name, Rise] => {
    const count = rise(before?.[name] ?? 0, after[name])
    return [name, { count, perSecond: count / seconds }]
  })
  return Object.fromEntries(risen) as Record<Name, Rise>
}

function riseOf(before: number, after: number): number {
  return after < before ? after : after - before
}

/** Of a sum of counters that wrap at 2^32 each. */
function wrappingRise(before: number, after: number): number {
  return after < before ? after - before + 2 ** 32 * Math.ceil((before - after) / 2 ** 32) : after - before
}

function hasFallen<Name extends string>(before: Counters<Name>, after: Counters<Name>): boolean {
  return (Object.keys(after) as Name[]).some((name) => after[name] < before[name])
}
