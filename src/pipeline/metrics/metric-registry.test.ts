import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogLinearHistogram } from '../../histogram/log-linear-histogram.ts'
import { serviceAlone } from '../../model/container.ts'
import type { EdgeActivity } from '../../model/edge.ts'
import type { Cause } from '../../model/finding.ts'
import type { Incident } from '../../model/incident.ts'
import type { MetricFamily, MetricPoint } from '../../model/metric.ts'
import type { StateCount } from '../../model/observation.ts'
import type { Task } from '../../model/process.ts'
import { renderPrometheus } from '../../export/prometheus.ts'
import { noActivity } from '../../track/edge-activity.ts'
import type { AgentSecond, AgentStep } from '../agent/agent-sink.ts'
import { MetricRegistry, type MetricRegistryOptions } from './metric-registry.ts'

const startUnixMs = 1_700_000_000_000

function registryOf(options: Partial<MetricRegistryOptions> = {}): MetricRegistry {
  return new MetricRegistry({ host: 'h', version: '1', startUnixMs, hostNetns: 1, ...options })
}

function second(parts: Partial<AgentSecond> = {}): AgentSecond {
  return {
    unixMs: startUnixMs + 1000,
    spanMs: 1000,
    activities: [],
    states: undefined,
    incidents: [],
    books: [],
    ...parts,
  }
}

function step(parts: Partial<AgentStep['observation']> = {}, causes: readonly Cause[] = []): AgentStep {
  const finding = { culprit: undefined, sentence: '', sinceNs: 0, evidence: [], confirm: '', advice: '' }
  return {
    startUnixMs,
    spanMs: 10_000,
    observation: { failures: [], ...parts } as unknown as AgentStep['observation'],
    diagnosis: {
      findings: causes.map((cause) => ({ cause, confidence: 1, weight: 1, ...finding })),
      ruledOut: [],
      unjudged: [],
    },
    survey: undefined,
    books: [],
  }
}

/** A client of port 443, by the service of its process. */
function activity(service: string, parts: Partial<EdgeActivity['counts']> = {}, pid = 7): EdgeActivity {
  const made = noActivity({
    process: { pid, startNs: 5, comm: 'c', identity: serviceAlone(service) },
    protocol: 'tcp',
    role: 'client',
    peerAddress: '203.0.113.9',
    port: 443,
    netns: 1,
  })
  Object.assign(made.counts, parts)
  return made
}

function withSamples(base: EdgeActivity, ...sendNs: number[]): EdgeActivity {
  for (const ns of sendNs) base.stages.send.record(ns)
  return base
}

function pointsOf(registry: MetricRegistry, name: string): readonly MetricPoint[] {
  return registry.snapshot().families.find((family: MetricFamily) => family.name === name)?.points ?? []
}

/** Points in short: label values that are there, and the count. */
function gist(registry: MetricRegistry, name: string): Record<string, number> {
  return Object.fromEntries(
    pointsOf(registry, name).map(({ labels, value }) => [
      Object.values(labels).filter(Boolean).join(' '),
      value instanceof LogLinearHistogram ? value.count : value,
    ]),
  )
}

function seriesOf(registry: MetricRegistry): number {
  return renderPrometheus(registry.snapshot(), 'text')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')).length
}

const task: Task = { pid: 7, tid: 7, uid: 0, comm: 'c', processStartNs: 5, identity: serviceAlone('web') }
const socket = {
  local: { address: '10.0.0.1', port: 40_000 },
  peer: { address: '203.0.113.9', port: 443 },
  ipVersion: 4,
  netns: 1,
} as const

test('counts and histograms go on where a process goes and another of its service comes', () => {
  const registry = registryOf()
  const counts = { sentBytes: 100, resetsReceived: 1, stallNs: 1.5e9 }
  registry.onSecond(second({ activities: [withSamples(activity('web', counts), 2e6, 3e6)] }))
  registry.onSecond(second())
  registry.onSecond(second({ activities: [withSamples(activity('web', counts, 8), 4e6)] }))
  assert.deepEqual(gist(registry, 'wirelag_tcp_sent_bytes_total'), { 'web port:443 client': 200 })
  assert.deepEqual(gist(registry, 'wirelag_tcp_resets_total'), { 'web port:443 client received': 2 })
  assert.deepEqual(gist(registry, 'wirelag_tcp_retransmit_stall_seconds_total'), { 'web port:443 client': 3 })
  assert.deepEqual(gist(registry, 'wirelag_tcp_send_block_duration_seconds'), { 'web port:443 client': 3 })
  assert.deepEqual(gist(registry, 'wirelag_tcp_retransmits_total'), {})
})

test('rtt: a sample is a second of an active edge', () => {
  const registry = registryOf()
  const active = { ...activity('web', { sentBytes: 1 }), rttUs: 250 }
  registry.onSecond(second({ activities: [active] }))
  registry.onSecond(second({ activities: [active] }))
  const [point] = pointsOf(registry, 'wirelag_tcp_rtt_duration_seconds')
  const histogram = point?.value as LogLinearHistogram
  assert.deepEqual([histogram.count, histogram.sumNs], [2, 500_000])
})

test('failures are counted once, with the errno that the step tells', () => {
  const registry = registryOf()
  const name = 'wirelag_tcp_connection_failures_total'
  registry.onSecond(second({ activities: [activity('web', { failures: 3 })] }))
  assert.deepEqual(gist(registry, name), {})
  const told = { owner: task, socket, error: 'ECONNREFUSED', count: 2, firstNs: 0 }
  registry.onStep(step({ failures: [told] }))
  assert.deepEqual(gist(registry, name), { 'web port:443 client ECONNREFUSED': 2 })
  registry.onStep(step({ failures: [{ ...told, count: 5 }] }))
  assert.deepEqual(gist(registry, name), { 'web port:443 client ECONNREFUSED': 3 })
  registry.onSecond(second({ activities: [activity('web', { failures: 1 })] }))
  registry.onStep(step())
  registry.onStep(step())
  assert.deepEqual(gist(registry, name), {
    'web port:443 client ECONNREFUSED': 4,
  })
  registry.onSecond(second({ activities: [activity('web', { failures: 1 })] }))
  registry.onStep(step())
  registry.onStep(step())
  assert.deepEqual(gist(registry, name), {
    'web port:443 client ECONNREFUSED': 4,
    'web port:443 client unknown': 1,
  })
})

test('states hold until they are counted anew; a state that nothing is in any more is 0', () => {
  const registry = registryOf()
  const name = 'wirelag_tcp_connections'
  const state = (of: string, now: number, owner: Task | undefined): Omit<StateCount, 'before'> => ({
    state: of,
    owner,
    netns: 1,
    peer: undefined,
    now,
  })
  registry.onSecond(
    second({
      states: [state('ESTABLISHED', 2, task), state('ESTABLISHED', 3, task), state('TIME_WAIT', 4, undefined)],
    }),
  )
  registry.onSecond(second())
  assert.deepEqual(gist(registry, name), { 'web ESTABLISHED': 5, 'unknown TIME_WAIT': 4 })
  registry.onSecond(second({ states: [state('ESTABLISHED', 1, task)] }))
  assert.deepEqual(gist(registry, name), { 'web ESTABLISHED': 1, 'unknown TIME_WAIT': 0 })
})

test('books add up, and one that was read in the midst of an event does not go back', () => {
  const registry = registryOf()
  const book = { signal: 'send', attempted: 20, delivered: 12, lost: 5, filtered: 2, invalid: 1 } as const
  registry.onSecond(second({ books: [book] }))
  registry.onSecond(second({ books: [{ ...book, attempted: 21, delivered: 11, lost: 7 }] }))
  const of = (what: string): Record<string, number> => gist(registry, `wirelag_events_${what}_total`)
  assert.deepEqual(
    ['attempted', 'delivered', 'filtered', 'invalid'].map((what) => of(what)['send']),
    [20, 12, 2, 1],
  )
  assert.deepEqual(of('lost'), { 'send kernel': 5 })
})

test('findings by cause, 0 where there is none; probes by hook; programs; wirelag itself', () => {
  const signal = { title: '', reasons: [], lost: [] }
  const registry = registryOf({
    signals: () => [
      { ...signal, signal: 'send', status: 'degraded', hooks: ['tp_btf', 'kprobe'] },
      { ...signal, signal: 'drop', status: 'off', hooks: [] },
    ],
    programRuns: () => [{ program: 'send_enter', runs: 3, runNs: 2e9 }],
  })
  registry.onStep(step({}, ['packet-loss', 'packet-loss', 'slow-accept']))
  const findings = gist(registry, 'wirelag_finding')
  assert.deepEqual([findings['packet-loss'], findings['slow-accept'], findings['disk-full']], [2, 1, 0])
  assert.deepEqual(gist(registry, 'wirelag_probe_status'), { 'send tp_btf+kprobe': 0.5, 'drop none': 0 })
  assert.deepEqual(gist(registry, 'wirelag_bpf_run_seconds_total'), { send_enter: 2 })
  assert.deepEqual(gist(registry, 'wirelag_agent_start_time_seconds'), { '': 1_700_000_000 })
})

function incident(parts: Partial<Incident['sample']> = {}): Incident {
  const sample = {
    timeNs: 0,
    what: 'send',
    latencyNs: 210e6,
    isLowerBound: false,
    protocol: 'tcp',
    socket,
    task,
    detail: '',
    ...parts,
  } as const
  return {
    id: 'i-1',
    unixNs: 1_700_000_000_500_000_000n,
    connectionId: 1,
    sample,
    ledger: undefined,
    history: undefined,
  }
}

function exemplarsOf(registry: MetricRegistry): unknown {
  return pointsOf(registry, 'wirelag_tcp_send_block_duration_seconds').map(({ exemplars }) => exemplars)
}

test('an incident is an exemplar of the bucket that its sample was counted in', () => {
  const exemplar = { incidentId: 'i-1', valueNs: 210e6, unixMs: 1_700_000_000_500 }
  const counted = withSamples(activity('web'), 210e6, 1e6)
  const inTime = registryOf()
  inTime.onSecond(second({ activities: [counted], incidents: [incident()] }))
  assert.deepEqual(exemplarsOf(inTime), [[exemplar]])
  const early = registryOf()
  early.onSecond(second({ incidents: [incident()] }))
  early.onSecond(second({ activities: [counted] }))
  assert.deepEqual(exemplarsOf(early), [[exemplar]])
  const late = registryOf()
  late.onSecond(second({ activities: [counted] }))
  late.onSecond(second({ incidents: [incident()] }))
  assert.deepEqual(exemplarsOf(late), [[exemplar]])
})

test('an incident that no bucket has counted is no exemplar', () => {
  const counted = withSamples(activity('web'), 210e6)
  for (const sample of [
    { latencyNs: 500e6 },
    { isLowerBound: true },
    { what: 'handshake', detail: 'ETIMEDOUT' },
    { task: { ...task, pid: 9 } },
  ] as const) {
    const registry = registryOf()
    registry.onSecond(second({ activities: [counted], incidents: [incident(sample)] }))
    registry.onSecond(second({ activities: [counted] }))
    registry.onSecond(second({ activities: [counted] }))
    assert.deepEqual(exemplarsOf(registry), [undefined])
  }
})

test('100,000 services come and go: the series stay in their budget, every count is somewhere, none goes back', () => {
  const registry = registryOf()
  const before = new Map<MetricPoint['labels'], number>()
  let most = 0
  for (let made = 0; made < 100_000; made += 1000) {
    const activities = Array.from({ length: 1000 }, (_, i) =>
      withSamples(activity(`job-${made + i}`, { sentBytes: 10 }), 1e6),
    )
    activities.push(activity('steady', { sentBytes: 1 }))
    registry.onSecond(second({ unixMs: startUnixMs + made, activities }))
    registry.onStep(step())
    most = Math.max(most, seriesOf(registry))
    for (const { labels, value } of pointsOf(registry, 'wirelag_tcp_sent_bytes_total')) {
      assert.ok((value as number) >= (before.get(labels) ?? 0))
      before.set(labels, value as number)
    }
  }
  assert.ok(most <= 2000, `${most} series`)
  const total = (name: string): number => Object.values(gist(registry, name)).reduce((sum, count) => sum + count, 0)
  assert.equal(total('wirelag_tcp_sent_bytes_total'), 100_000 * 10 + 100)
  assert.equal(total('wirelag_tcp_send_block_duration_seconds'), 100_000)
  assert.ok(total('wirelag_series_folded_total') > 190_000)
  // Steady as it is, it came when there was no room.
  assert.equal(gist(registry, 'wirelag_tcp_sent_bytes_total')['steady port:443 client'], undefined)
})

test('who found no room gets it from those that did nothing for ten minutes, and keeps what it has', () => {
  const registry = registryOf({ maxSeries: 500 })
  const bytes = (): Record<string, number> => gist(registry, 'wirelag_tcp_sent_bytes_total')
  const crowd = Array.from({ length: 200 }, (_, i) => activity(`old-${i}`, { sentBytes: 1 }))
  registry.onSecond(second({ activities: crowd }))
  registry.onSecond(second({ activities: [activity('new', { sentBytes: 5 })] }))
  registry.onStep(step())
  const others = 'other other other other other other'
  const inOther = bytes()[others]
  assert.equal(bytes()['new port:443 client'], undefined)
  const laterMs = startUnixMs + 11 * 60_000
  registry.onSecond(second({ unixMs: laterMs, activities: [activity('new', { sentBytes: 5 })] }))
  assert.equal(bytes()[others], (inOther ?? 0) + 5)
  registry.onStep(step())
  registry.onSecond(second({ unixMs: laterMs + 1000, activities: [activity('new', { sentBytes: 7 })] }))
  assert.equal(bytes()[others], (inOther ?? 0) + 5)
  assert.equal(bytes()['new port:443 client'] ?? bytes()['new other client'], 7)
  const point = pointsOf(registry, 'wirelag_tcp_sent_bytes_total').find(({ labels }) => labels['service'] === 'new')
  assert.equal(point?.startUnixMs, laterMs + 1000)
})

test('a service with very many peers has them as one, and leaves room for others', () => {
  const registry = registryOf()
  const ports = Array.from({ length: 5000 }, (_, i) => {
    const scan = activity('scanner', { sentBytes: 1 })
    return { ...scan, edge: { ...scan.edge, port: i + 1 } }
  })
  registry.onSecond(second({ activities: ports }))
  registry.onSecond(second({ activities: [activity('web', { sentBytes: 3 })] }))
  const bytes = gist(registry, 'wirelag_tcp_sent_bytes_total')
  assert.equal(bytes['web port:443 client'] ?? bytes['web other client'], 3)
  assert.ok((bytes['scanner other client'] ?? 0) > 4000)
  assert.equal(bytes['other other other other other other'], undefined)
})
