import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  tcpCounterFields,
  type ConntrackCounters,
  type HostFacts,
  type NamespaceFacts,
  type Survey,
  type TcpCounters,
} from '../model/host-facts.ts'
import { factChanges } from './fact-changes.ts'

const noTcp = Object.fromEntries(Object.keys(tcpCounterFields).map((name) => [name, 0])) as TcpCounters
const noConntrack: ConntrackCounters = {
  invalid: 0,
  insertFailed: 0,
  drop: 0,
  earlyDrop: 0,
  error: 0,
  searchRestart: 0,
  clashResolve: 0,
  chainTooLong: 0,
}

function namespace(netns: number, tcp: Partial<TcpCounters>, changes: Partial<NamespaceFacts> = {}): NamespaceFacts {
  return {
    netns,
    conntrack: undefined,
    tcp: { ...noTcp, ...tcp },
    sockstat: { inuse: 0, timeWait: 0 },
    portRange: { low: 32_768, high: 60_999, reserved: 0 },
    tcpMaxSynBacklog: 512,
    somaxconn: 4096,
    tcpMaxTwBuckets: 8192,
    syncookies: 'overflow',
    ...changes,
  }
}

function survey(
  takenAtMs: number,
  namespaces: readonly NamespaceFacts[],
  host: Partial<HostFacts> = {},
  unread: readonly number[] = [],
): Survey {
  const facts: HostFacts = {
    kernelRelease: '6.1.0',
    cpus: 2,
    loadAverage: [0, 0, 0],
    pressure: { cpu: undefined, memory: undefined, io: undefined },
    memory: { totalBytes: 1, availableBytes: 1 },
    swap: { totalBytes: 0, usedBytes: 0, inPages: 0, outPages: 0 },
    disks: [],
    softnet: { processed: 0, dropped: 0, squeezed: 0 },
    cgroupThrottling: [],
    tcpMemory: undefined,
    ...host,
  }
  return { takenAtMs, host: facts, namespaces, unread, beyondBound: 0 }
}

test('counters of a namespace, since and per second', () => {
  const { seconds, namespaces, ended } = factChanges(
    survey(1000, [namespace(1, { listenOverflows: 5, outSegs: 100 })]),
    survey(3000, [namespace(1, { listenOverflows: 8, outSegs: 100 })]),
  )
  assert.deepEqual([seconds, ended], [2, []])
  const [change] = namespaces
  assert.deepEqual([change?.netns, change?.isNew, change?.conntrackGrowth], [1, false, undefined])
  assert.deepEqual(change?.tcp.listenOverflows, { count: 3, perSecond: 1.5 })
  assert.deepEqual(change?.tcp.outSegs, { count: 0, perSecond: 0 })
})

test('a namespace that came counts from zero; one that ended is named; one that could not be read before is left out', () => {
  const { namespaces, ended } = factChanges(
    survey(0, [namespace(1, {}), namespace(4, {}), namespace(5, {})], {}, [3]),
    survey(1000, [namespace(1, {}), namespace(2, { retransSegs: 7 }), namespace(3, { retransSegs: 9 })], {}, [5]),
  )
  assert.deepEqual(
    namespaces.map(({ netns, isNew, tcp }) => [netns, isNew, tcp.retransSegs.count]),
    [
      [1, false, 0],
      [2, true, 7],
    ],
  )
  // 5 is there, but was not read.
  assert.deepEqual(ended, [4])
})

test('an inode that is another namespace now', () => {
  const tracked = (drop: number, count: number): Partial<NamespaceFacts> => ({
    conntrack: { count, max: 100, counters: { ...noConntrack, drop } },
  })
  const { namespaces } = factChanges(
    survey(0, [namespace(1, { outSegs: 10, retransSegs: 5 }, tracked(1, 50))]),
    survey(1000, [namespace(1, { outSegs: 4, retransSegs: 6 }, tracked(3, 20))]),
  )
  assert.deepEqual(
    namespaces.map(({ isNew, tcp, conntrack, conntrackGrowth }) => [
      isNew,
      tcp.outSegs.count,
      tcp.retransSegs.count,
      conntrack?.drop.count,
      conntrackGrowth,
    ]),
    [[true, 4, 6, 3, 20]],
  )
})

test('connection tracking: each counter alone, none where one survey has none', () => {
  const tracked = (counters: Partial<ConntrackCounters> | undefined, count: number): NamespaceFacts =>
    namespace(1, {}, { conntrack: { count, max: 100, counters: counters && { ...noConntrack, ...counters } } })
  const between = (before: NamespaceFacts, after: NamespaceFacts): unknown => {
    const [change] = factChanges(survey(0, [before]), survey(1000, [after])).namespaces
    return [change?.conntrackGrowth, change?.conntrack?.drop.count, change?.conntrack?.invalid.count]
  }
  assert.deepEqual(between(tracked({ drop: 5, invalid: 9 }, 30), tracked({ drop: 7, invalid: 2 }, 10)), [-20, 2, 2])
  assert.deepEqual(between(tracked(undefined, 30), tracked({ drop: 7 }, 31)), [1, undefined, undefined])
  assert.deepEqual(between(tracked({ drop: 7 }, 30), tracked(undefined, 31)), [1, undefined, undefined])
  assert.deepEqual(between(namespace(1, {}), tracked({ drop: 7 }, 31)), [31, 7, 0])
  assert.deepEqual(between(tracked({ drop: 7 }, 30), namespace(1, {})), [undefined, undefined, undefined])
})

test('the host: share of stalls, swapped pages, packets through a counter that wrapped', () => {
  const stall = (totalUs: number): { avg10Percent: number; totalUs: number } => ({ avg10Percent: 0, totalUs })
  const { host } = factChanges(
    survey(0, [], {
      pressure: {
        cpu: { some: stall(1000), full: undefined },
        memory: undefined,
        io: { some: stall(5), full: stall(5) },
      },
      swap: { totalBytes: 9, usedBytes: 0, inPages: 10, outPages: 20 },
      softnet: { processed: 2 ** 33 - 10, dropped: 3, squeezed: 4 },
    }),
    survey(4000, [], {
      pressure: {
        cpu: { some: stall(1_001_000), full: stall(7) },
        memory: { some: stall(1), full: undefined },
        io: { some: stall(9_000_000), full: stall(5) },
      },
      swap: { totalBytes: 9, usedBytes: 5, inPages: 18, outPages: 20 },
      softnet: { processed: 2 ** 32 + 30, dropped: 5, squeezed: 4 },
    }),
  )
  assert.deepEqual(host.pressure, {
    cpu: { some: 0.25, full: undefined },
    memory: undefined,
    io: { some: 1, full: 0 },
  })
  assert.deepEqual(host.swap, { inPages: { count: 8, perSecond: 2 }, outPages: { count: 0, perSecond: 0 } })
  assert.deepEqual([host.softnet.processed.count, host.softnet.dropped.count, host.softnet.squeezed.count], [40, 2, 0])
})

test('cgroups that were throttled in between; a path that is another cgroup now', () => {
  const cgroup = (path: string, periods: number, throttledPeriods: number, throttledNs: number) => ({
    path,
    quotaCpus: 1,
    periods,
    throttledPeriods,
    throttledNs,
  })
  const { host } = factChanges(
    survey(0, [], {
      cgroupThrottling: [cgroup('/a', 10, 5, 500), cgroup('/still', 9, 9, 9), cgroup('/b', 50, 50, 50)],
    }),
    survey(1000, [], {
      cgroupThrottling: [
        cgroup('/a', 20, 9, 900),
        cgroup('/still', 12, 9, 9),
        cgroup('/b', 3, 2, 60),
        cgroup('/new', 4, 1, 1000),
      ],
    }),
  )
  assert.deepEqual(host.cgroupThrottling, [
    cgroup('/new', 4, 1, 1000),
    cgroup('/a', 10, 4, 400),
    cgroup('/b', 3, 2, 60),
  ])
})

test('a second survey that is not later', () => {
  assert.throws(() => factChanges(survey(5, []), survey(5, [])), RangeError)
})
