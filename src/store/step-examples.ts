import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import type { Container } from '../model/container.ts'
import type { EdgeActivity } from '../model/edge.ts'
import { tcpCounterFields, type NamespaceFacts, type TcpCounters } from '../model/host-facts.ts'
import type { Incident } from '../model/incident.ts'
import { ledgerStages, type Ledger } from '../model/ledger.ts'
import { emptyObservation, type Observation } from '../model/observation.ts'
import type { Owner } from '../model/process.ts'
import type { SocketPair } from '../model/socket.ts'
import type { StepFacts } from './observation-records.ts'

// For tests alone.

export const container: Container = {
  runtime: 'docker',
  id: '4f'.repeat(32),
  name: 'shop-web-1',
  image: 'shop/web:1.2',
  compose: { project: 'shop', service: 'web' },
  pod: undefined,
}

export const owner: Owner = {
  pid: 7,
  tid: 8,
  uid: 33,
  comm: 'web',
  processStartNs: 123_456_789_012,
  source: 'syscall',
  cgroupId: 4711,
  identity: {
    container,
    unit: undefined,
    service: 'web',
    cgroupPath: `/system.slice/docker-${'4f'.repeat(32)}.scope`,
  },
}

export const socket: SocketPair = {
  local: { address: '10.0.0.1', port: 40_000 },
  peer: { address: '10.0.0.2', port: 5432 },
  ipVersion: 4,
  netns: 1,
}

function histogramOf(durations: readonly number[]): LogLinearHistogram {
  const histogram = new LogLinearHistogram()
  for (const ns of durations) histogram.record(ns)
  return histogram
}

export function activityOf(sentBytes: number, pickupsNs: readonly number[], pid = owner.pid): EdgeActivity {
  return {
    edge: {
      process: {
        pid,
        startNs: owner.processStartNs,
        comm: 'web',
        cgroupId: 4711,
        ...(owner.identity ? { identity: owner.identity } : {}),
      },
      protocol: 'tcp',
      role: 'client',
      peerAddress: '10.0.0.2',
      port: 5432,
      netns: 1,
    },
    counts: {
      sentBytes,
      sendBlockedNs: 0,
      stallNs: 0,
      wouldBlocks: 0,
      zeroWindows: 0,
      retransmits: { syn: 0, 'syn-ack': 0, rto: 2, fast: 0, tlp: 0 },
      resetsSent: 0,
      resetsReceived: 1,
      failures: 0,
      drops: 0,
    },
    stages: {
      handshake: histogramOf([]),
      acceptQueue: histogramOf([]),
      send: histogramOf([500, 1e12]),
      pickup: histogramOf(pickupsNs),
    },
    rttUs: 180,
    minRttUs: undefined,
  }
}

export function namespaceOf(counters: Partial<TcpCounters> = {}): NamespaceFacts {
  const none = Object.fromEntries(Object.keys(tcpCounterFields).map((name) => [name, 0])) as TcpCounters
  return {
    netns: 1,
    conntrack: { count: 5, max: 262_144, counters: undefined },
    tcp: { ...none, ...counters },
    sockstat: { inuse: 3, timeWait: 0 },
    portRange: { low: 32_768, high: 60_999, reserved: 0 },
    tcpMaxSynBacklog: 1024,
    somaxconn: 4096,
    tcpMaxTwBuckets: 65_536,
    syncookies: undefined,
  }
}

export const ledger: Ledger = {
  kind: 'ledger',
  timeNs: 9e9,
  connectionId: 77,
  socket,
  owner,
  span: 'request',
  wallNs: 41e6,
  stagesNs: { ...(Object.fromEntries(ledgerStages.map((stage) => [stage, 0])) as Ledger['stagesNs']), wire: 41e6 },
  synRetries: 0,
  timeouts: 0,
}

export const incident: Incident = {
  id: 'abc1',
  unixNs: 1_800_000_000_123_456_789n,
  connectionId: 77,
  sample: {
    timeNs: 9e9,
    what: 'pickup',
    latencyNs: 250e6,
    isLowerBound: false,
    protocol: 'tcp',
    socket,
    task: owner,
    detail: '',
  },
  ledger,
  history: {
    kind: 'history',
    timeNs: 9e9,
    connectionId: 77,
    trigger: 'slow',
    events: [{ timeNs: 8.7e9, what: 'receive', durationNs: undefined, bytes: 512, detail: '' }],
    forgotten: 3,
  },
}

/** Ten seconds in which nothing happened, but for what is given. */
export function observationOf(more: Partial<Observation> = {}): Observation {
  return { ...emptyObservation(10e9), ...more }
}

export function stepOf(more: Partial<Observation> = {}, facts: Partial<StepFacts> = {}): StepFacts {
  return {
    host: 'edge-07',
    startUnixMs: 1_800_000_000_000,
    spanMs: 10_000,
    observation: observationOf(more),
    diagnosis: { findings: [], ruledOut: [], unjudged: [] },
    incidents: [],
    books: [],
    ...facts,
  }
}
