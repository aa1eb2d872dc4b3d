import { LogLinearHistogram } from '../../src/histogram/log-linear-histogram.ts'
import type { Finding } from '../../src/model/finding.ts'
import type { Incident } from '../../src/model/incident.ts'
import { ledgerStages, type LedgerStage } from '../../src/model/ledger.ts'
import type { MetricFamily, MetricSnapshot } from '../../src/model/metric.ts'

export function snapshotOf(families: readonly MetricFamily[]): MetricSnapshot {
  return { unixMs: 1_790_000_060_500, startUnixMs: 1_790_000_000_000, host: 'edge-07', families }
}

export function histogramOf(durationsNs: readonly number[]): LogLinearHistogram {
  const histogram = new LogLinearHistogram()
  for (const durationNs of durationsNs) histogram.record(durationNs)
  return histogram
}

const netns = 4026531840

export const slowPickup: Incident = {
  id: 'k1',
  unixNs: 1_790_000_060_123_456_789n,
  connectionId: 77,
  sample: {
    timeNs: 5e9,
    what: 'pickup',
    latencyNs: 205e6,
    isLowerBound: false,
    protocol: 'tcp',
    socket: {
      local: { address: '10.0.0.1', port: 8080 },
      peer: { address: '10.0.0.2', port: 40_000 },
      ipVersion: 4,
      netns,
    },
    task: {
      pid: 812,
      tid: 813,
      uid: 33,
      comm: 'worker',
      processStartNs: 1e9,
      identity: {
        container: {
          runtime: 'docker',
          id: '0123',
          name: 'shop-api-1',
          image: 'shop/api:7',
          compose: { project: 'shop', service: 'api' },
          pod: undefined,
        },
        unit: undefined,
        service: 'shop-api',
        cgroupPath: '/docker/0123',
      },
    },
    detail: '',
  },
  ledger: {
    kind: 'ledger',
    timeNs: 5e9,
    connectionId: 77,
    socket: {
      local: { address: '10.0.0.1', port: 8080 },
      peer: { address: '10.0.0.2', port: 40_000 },
      ipVersion: 4,
      netns,
    },
    owner: undefined,
    span: 'reply',
    wallNs: 210e6,
    stagesNs: { ...noStages(), application: 5e6, receiveQueue: 205e6 },
    synRetries: 0,
    timeouts: 0,
  },
  history: {
    kind: 'history',
    timeNs: 5e9,
    connectionId: 77,
    trigger: 'slow',
    events: [{ timeNs: 4.795e9, what: 'receive', durationNs: undefined, bytes: 100, detail: '' }],
    forgotten: 0,
  },
}

function noStages(): Record<LedgerStage, number> {
  return Object.fromEntries(ledgerStages.map((stage) => [stage, 0])) as Record<LedgerStage, number>
}

export const failedConnect: Incident = {
  id: 'k2',
  unixNs: 1_790_000_060_123_456_789n,
  connectionId: 78,
  sample: {
    timeNs: 6e9,
    what: 'handshake',
    latencyNs: 3.06e9,
    isLowerBound: false,
    protocol: 'tcp',
    socket: {
      local: { address: 'fd00::1', port: 50_000 },
      peer: { address: 'fd00::2', port: 443 },
      ipVersion: 6,
      netns,
    },
    task: { pid: 9, tid: 9, uid: 0, comm: 'curl', processStartNs: 2e9 },
    detail: 'ETIMEDOUT',
  },
  ledger: undefined,
  history: undefined,
}

export const fallenBehind: Finding = {
  cause: 'slow-reader-busy',
  culprit: { pid: 812, startNs: 1e9, comm: 'worker' },
  sentence: 'worker reads late.',
  sinceNs: 1e9,
  evidence: ['p95 of pickup 205 ms', '17 waits over 20 ms'],
  confidence: 0.934,
  weight: 0.8,
  confirm: 'wirelag pktlat --pid 812',
  advice: 'Let it do less before it reads.',
}
