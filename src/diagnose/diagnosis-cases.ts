import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import { serviceAlone } from '../model/container.ts'
import type { Edge, EdgeActivity } from '../model/edge.ts'
import type { Cause } from '../model/finding.ts'
import { tcpCounterFields, type HostFacts, type NamespaceFacts, type TcpCounters } from '../model/host-facts.ts'
import { ledgerStages, type Ledger } from '../model/ledger.ts'
import { emptyObservation, type Observation, type StateCount } from '../model/observation.ts'
import type { Owner } from '../model/process.ts'
import type { SocketPair } from '../model/socket.ts'

// For tests alone: an observation that shows each cause.

const ms = 1e6
export const web: Owner = {
  pid: 7,
  tid: 8,
  uid: 0,
  comm: 'web',
  processStartNs: 1,
  source: 'syscall',
  identity: serviceAlone('web'),
}
export const socket: SocketPair = {
  local: { address: '10.0.0.1', port: 40_000 },
  peer: { address: '10.0.0.2', port: 5432 },
  ipVersion: 4,
  netns: 1,
}
export const edge: Edge = {
  process: { pid: web.pid, startNs: 1, comm: 'web', identity: serviceAlone('web') },
  protocol: 'tcp',
  role: 'client',
  peerAddress: '10.0.0.2',
  port: 5432,
  netns: 1,
}

/** Durations in milliseconds of each stage. */
export function activity(
  stages: Partial<Record<keyof EdgeActivity['stages'], number[]>>,
  more: { counts?: Partial<EdgeActivity['counts']>; rttUs?: number; minRttUs?: number; edge?: Partial<Edge> } = {},
): EdgeActivity {
  const histogram = (durations: number[] = []): LogLinearHistogram => {
    const made = new LogLinearHistogram()
    for (const duration of durations) made.record(duration * ms)
    return made
  }
  return {
    edge: { ...edge, ...more.edge },
    counts: {
      sentBytes: 0,
      sendBlockedNs: 0,
      stallNs: 0,
      wouldBlocks: 0,
      zeroWindows: 0,
      retransmits: { syn: 0, 'syn-ack': 0, rto: 0, fast: 0, tlp: 0 },
      resetsSent: 0,
      resetsReceived: 0,
      failures: 0,
      drops: 0,
      ...more.counts,
    },
    stages: {
      handshake: histogram(stages.handshake),
      acceptQueue: histogram(stages.acceptQueue),
      send: histogram(stages.send),
      pickup: histogram(stages.pickup),
    },
    rttUs: more.rttUs,
    minRttUs: more.minRttUs,
  }
}

const pressure = { some: { avg10Percent: 0, totalUs: 0 }, full: undefined }
export const host: HostFacts = {
  kernelRelease: '6.18',
  cpus: 4,
  loadAverage: [0.1, 0.1, 0.1],
  pressure: { cpu: pressure, memory: pressure, io: pressure },
  memory: { totalBytes: 2 ** 34, availableBytes: 2 ** 33 },
  swap: { totalBytes: 0, usedBytes: 0, inPages: 0, outPages: 0 },
  disks: [{ mountPoint: '/', totalBytes: 2 ** 40, freeBytes: 2 ** 39, freeInodesShare: 0.9 }],
  softnet: { processed: 0, dropped: 0, squeezed: 0 },
  cgroupThrottling: [],
  tcpMemory: undefined,
}

export function namespace(counters: Partial<TcpCounters> = {}, more: Partial<NamespaceFacts> = {}): NamespaceFacts {
  const none = Object.fromEntries(Object.keys(tcpCounterFields).map((name) => [name, 0])) as TcpCounters
  return {
    netns: 1,
    conntrack: undefined,
    tcp: { ...none, ...counters },
    sockstat: { inuse: 0, timeWait: 0 },
    portRange: { low: 32_768, high: 60_999, reserved: 0 },
    tcpMaxSynBacklog: 1024,
    somaxconn: 4096,
    tcpMaxTwBuckets: 65_536,
    syncookies: 'overflow',
    ...more,
  }
}

/** Ten seconds on a host that is well, but for what is given. */
export function observation(more: Partial<Observation> = {}): Observation {
  return {
    ...emptyObservation(10e9),
    edges: [activity({ handshake: [0.1], send: [0.01], pickup: [0.02] }, { rttUs: 200, minRttUs: 100 })],
    lives: [{ owner: web, role: 'client', socket, opened: 3, closed: 3, lifeNs: 9e9, bytes: 1000 }],
    idleShare: 0.8,
    host: { before: host, now: host },
    namespaces: [{ before: namespace(), now: namespace() }],
    ...more,
  }
}

function countersOf(counted: Partial<TcpCounters>): Partial<Observation> {
  return { namespaces: [{ before: namespace(), now: namespace(counted) }] }
}

function states(...counts: (Partial<StateCount> & Pick<StateCount, 'state'>)[]): Partial<Observation> {
  return { states: counts.map((count) => ({ owner: web, netns: 1, peer: socket.peer, before: 0, now: 0, ...count })) }
}

const slowPickups = [{ reader: web, socket, count: 10, waitedNs: 2e9, longestNs: 210e6, firstNs: 5 }]
const thread = { pid: web.pid, tid: web.tid, ranNs: 0, waitedNs: 0, throttledNs: 0, spanNs: 5e9 }
export const retransmits = { owner: web, socket, syn: 0, rto: 0, other: 0, stallNs: 0, firstNs: 5 }
const delayedRequest: Ledger = {
  kind: 'ledger',
  timeNs: 1,
  connectionId: 1,
  socket,
  owner: web,
  span: 'request',
  wallNs: 41 * ms,
  stagesNs: { ...(Object.fromEntries(ledgerStages.map((stage) => [stage, 0])) as Ledger['stagesNs']), wire: 40.5 * ms },
  synRetries: 0,
  timeouts: 0,
}
const fullTable = { count: 262_000, max: 262_144, counters: undefined }

export const diagnosisCases: [cause: Cause, what: string, seen: Partial<Observation>][] = [
  ['slow-reader-busy', 'a thread that computes', { pickups: slowPickups, threads: [{ ...thread, ranNs: 4.5e9 }] }],
  ['slow-reader-asleep', 'a thread that sleeps', { pickups: slowPickups, threads: [{ ...thread, ranNs: 1e7 }] }],
  [
    'slow-reader-no-cpu',
    'a thread that wants a CPU',
    { pickups: slowPickups, threads: [{ ...thread, ranNs: 1e9, waitedNs: 3e9 }] },
  ],
  [
    'slow-reader-throttled',
    'a thread whose quota is used up',
    { pickups: slowPickups, threads: [{ ...thread, ranNs: 1e9, throttledNs: 3e9 }] },
  ],
  [
    'slow-accept',
    'connections that wait, and their data with them',
    {
      edges: [activity({ acceptQueue: [100, 110, 90], pickup: [100, 110, 90] })],
      pickups: slowPickups.map((one) => ({ ...one, waitedNs: 1e9 })),
    },
  ],
  [
    'accept-queue-overflow',
    'a full queue',
    { ...countersOf({ listenOverflows: 16, listenDrops: 16 }), retransmits: [{ ...retransmits, syn: 9 }] },
  ],
  ['syn-filtered', 'SYNs without an answer', { retransmits: [{ ...retransmits, syn: 3 }] }],
  [
    'connection-refused',
    'refusals',
    { failures: [{ owner: web, socket, error: 'ECONNREFUSED', count: 5, firstNs: 1 }] },
  ],
  ['packet-loss', 'timers that ran out', { retransmits: [{ ...retransmits, rto: 5, stallNs: 3e9 }] }],
  [
    'local-drop',
    'retransmits, and drops by a queue of this host',
    {
      retransmits: [{ ...retransmits, rto: 5, stallNs: 3e9 }],
      drops: [{ reason: 'QDISC_DROP', count: 7, owners: [web], socket, firstNs: 1 }],
    },
  ],
  [
    'conntrack-full',
    'a table that is full',
    {
      namespaces: [{ before: namespace(), now: namespace({}, { conntrack: fullTable }) }],
      retransmits: [{ ...retransmits, syn: 3 }],
    },
  ],
  [
    'zero-window',
    'sends that wait for a peer that does not read',
    { edges: [activity({ send: [200, 200] }, { counts: { sendBlockedNs: 399e6, zeroWindows: 2 }, rttUs: 100 })] },
  ],
  [
    'send-buffer-small',
    'sends that wait, over a long path, with an open window',
    { edges: [activity({ send: [40, 40] }, { counts: { sendBlockedNs: 79e6 }, rttUs: 42_000, minRttUs: 40_000 })] },
  ],
  [
    'nagle-delayed-ack',
    '40 ms on the wire again and again',
    {
      ...countersOf({ delayedAcks: 9 }),
      exchanges: Array.from({ length: 8 }, () => delayedRequest),
      edges: [activity({ send: Array.from({ length: 16 }, () => 0.01) }, { rttUs: 21_000, minRttUs: 50 })],
    },
  ],
  [
    'path-queueing',
    'a round trip far over its least',
    { edges: [activity({ send: [0.1] }, { rttUs: 180_000, minRttUs: 1000 })] },
  ],
  ['close-wait-leak', 'CLOSE_WAIT that grows', states({ state: 'CLOSE_WAIT', before: 5, now: 45 })],
  ['time-wait-storm', 'TIME_WAIT by the thousand', states({ state: 'TIME_WAIT', before: 20_000, now: 23_000 })],
  [
    'port-exhaustion',
    'no local port, and TIME_WAIT by the thousand',
    {
      ...states({ state: 'TIME_WAIT', now: 28_000 }),
      failures: [{ owner: web, socket, error: 'EADDRNOTAVAIL', count: 50, firstNs: 1 }],
    },
  ],
  [
    'no-pooling',
    'a connection for each request',
    { lives: [{ owner: web, role: 'client', socket, opened: 1200, closed: 1200, lifeNs: 3e9, bytes: 240_000 }] },
  ],
  ['syn-flood', 'half-open connections', states({ state: 'SYN_RECV', now: 400 })],
  [
    'cpu-starvation',
    'no CPU for many',
    {
      idleShare: 0.01,
      host: {
        before: host,
        now: {
          ...host,
          pressure: { ...host.pressure, cpu: { some: { avg10Percent: 90, totalUs: 9e6 }, full: undefined } },
        },
      },
      threads: [{ ...thread, waitedNs: 4e9 }],
      pickups: slowPickups,
    },
  ],
  [
    'periodic-spike',
    'slow sends every 3 s, when another process sends',
    {
      slowTimes: [0, 3, 6, 9].flatMap((at) =>
        [0, 0.1, 0.2].map((more) => ({
          timeNs: (at + more) * 1e9,
          owner: { ...web, pid: 70 },
          what: 'send' as const,
          latencyNs: 60e6,
        })),
      ),
      series: [
        {
          process: { pid: 70, startNs: 1, comm: 'steady' },
          points: Array.from({ length: 40 }, (_, i) => ({ timeNs: i * 0.25e9, bytes: 1000 })),
        },
        {
          process: { pid: web.pid, startNs: 1, comm: 'web' },
          points: [0.1, 3.1, 6.1, 9.1].map((at) => ({ timeNs: at * 1e9, bytes: 1e6 })),
        },
      ],
    },
  ],
  [
    'memory-pressure',
    'swapping',
    { host: { before: host, now: { ...host, swap: { ...host.swap, inPages: 90_000 } } } },
  ],
  [
    'memory-pressure',
    'a cgroup at its limit',
    {
      host: {
        before: { ...host, cgroupMemory: [{ path: '/web', limitBytes: 2 ** 24, limitHits: 50 }] },
        now: {
          ...host,
          pressure: { ...host.pressure, memory: { some: { avg10Percent: 40, totalUs: 4_000_000 }, full: undefined } },
          cgroupMemory: [{ path: '/web', limitBytes: 2 ** 24, limitHits: 9050 }],
        },
      },
    },
  ],
  [
    'disk-full',
    'a full file system',
    {
      host: {
        before: host,
        now: { ...host, disks: [{ mountPoint: '/var', totalBytes: 1e12, freeBytes: 1e6, freeInodesShare: 0.5 }] },
      },
    },
  ],
]
