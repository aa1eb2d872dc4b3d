import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingLog } from '../../src/export/otlp/finding-log.ts'
import { incidentLog } from '../../src/export/otlp/incident-log.ts'
import { encodeLogRecord, encodeLogs } from '../../src/export/otlp/log-record.ts'
import { encodeMetrics } from '../../src/export/otlp/metrics-request.ts'
import { resourceAttributes } from '../../src/export/otlp/resource.ts'
import { decodeLogsRequest, decodeMetricsRequest, valuesOf } from './otlp-messages.ts'
import { failedConnect, fallenBehind, histogramOf, slowPickup, snapshotOf } from './otlp-examples.ts'

const host = { name: 'edge-07', machine: 'x86_64', kernel: '6.18.0' }
const source = {
  resource: resourceAttributes(host, '1.2.3', { 'deployment.environment.name': 'test' }),
  version: '1.2.3',
}

test('who tells: the resource and the scope', () => {
  const { resourceMetrics } = decodeMetricsRequest(encodeMetrics(snapshotOf([]), source))
  const [{ resource, scopeMetrics } = assert.fail()] = resourceMetrics
  assert.deepEqual(valuesOf(resource.attributes), {
    'service.name': 'wirelag',
    'service.version': '1.2.3',
    'service.instance.id': 'edge-07',
    'host.name': 'edge-07',
    'host.arch': 'amd64',
    'os.type': 'linux',
    'os.version': '6.18.0',
    'deployment.environment.name': 'test',
  })
  assert.deepEqual(scopeMetrics, [{ scope: { name: 'wirelag', version: '1.2.3' } }])
})

function metricsOf(...families: Parameters<typeof snapshotOf>[0]): ReturnType<typeof decodeMetricsRequest> {
  return decodeMetricsRequest(encodeMetrics(snapshotOf(families), source))
}

test('a counter is a cumulative sum since the start, a gauge has no start', () => {
  const common = { help: 'Some.', unit: '{event}' }
  const { resourceMetrics } = metricsOf(
    {
      ...common,
      name: 'wirelag_tcp_retransmits_total',
      otelName: 'system.network.tcp.retransmits',
      type: 'counter',
      points: [
        { labels: { service: 'shop', type: 'rto', pod: '' }, value: 2 ** 40 + 1 },
        { labels: { service: 'shop', type: 'fast', pod: '' }, value: 0 },
      ],
    },
    {
      ...common,
      name: 'wirelag_tcp_connections',
      otelName: 'system.network.connection.count',
      type: 'gauge',
      points: [
        { labels: { state: 'FIN_WAIT1' }, value: 0.5 },
        { labels: { state: 'TIME_WAIT' }, value: NaN },
      ],
    },
    { ...common, name: 'wirelag_none', otelName: 'wirelag.none', type: 'gauge', points: [] },
  )
  const [counter, gauge, ...more] = resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? []
  assert.deepEqual(more, [])
  const description = { description: 'Some.', unit: '{event}' }
  assert.deepEqual(counter && { ...counter, sum: undefined }, {
    name: 'system.network.tcp.retransmits',
    ...description,
    sum: undefined,
  })
  const { dataPoints, ...kind } = counter?.sum ?? assert.fail()
  assert.deepEqual(kind, { aggregationTemporality: 'AGGREGATION_TEMPORALITY_CUMULATIVE', isMonotonic: true })
  assert.deepEqual(
    dataPoints.map(({ attributes, ...rest }) => ({ ...rest, attributes: valuesOf(attributes) })),
    [['timeout', 2 ** 40 + 1] as const, ['fast', 0] as const].map(([type, asDouble]) => ({
      attributes: { 'wirelag.service': 'shop', 'network.tcp.retransmit.type': type },
      startTimeUnixNano: '1790000000000000000',
      timeUnixNano: '1790000060500000000',
      asDouble,
    })),
  )
  assert.deepEqual(
    gauge?.gauge?.dataPoints.map(({ attributes, ...rest }) => ({ ...rest, attributes: valuesOf(attributes) })),
    [
      {
        attributes: { 'network.connection.state': 'fin_wait_1' },
        timeUnixNano: '1790000060500000000',
        asDouble: 0.5,
      },
    ],
  )
})

test('a histogram in seconds, with the exemplar that leads to its incident', () => {
  const histogram = histogramOf([500, 3e6, 3e6, 40e6, 1e9])
  const { resourceMetrics } = metricsOf({
    name: 'wirelag_tcp_handshake_duration_seconds',
    otelName: 'system.network.tcp.handshake.duration',
    help: 'Handshakes.',
    unit: 's',
    type: 'histogram',
    points: [
      {
        labels: { role: 'client', peer_service: 'db' },
        value: histogram,
        exemplars: [{ valueNs: 1e9, unixMs: 1_790_000_059_250, incidentId: 'abc1' }],
      },
    ],
  })
  const [metric] = resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? []
  const { dataPoints, aggregationTemporality } = metric?.exponentialHistogram ?? assert.fail()
  assert.equal(aggregationTemporality, 'AGGREGATION_TEMPORALITY_CUMULATIVE')
  const [{ attributes, exemplars, positive, ...point } = assert.fail(), ...more] = dataPoints
  assert.deepEqual(more, [])
  assert.deepEqual(valuesOf(attributes), { 'network.tcp.handshake.role': 'client', 'wirelag.peer.service': 'db' })
  assert.deepEqual(point, {
    startTimeUnixNano: '1790000000000000000',
    timeUnixNano: '1790000060500000000',
    count: '5',
    sum: 1.0460005,
    scale: 3,
    zeroCount: '1',
    zeroThreshold: 1.024e-6,
    max: 1,
  })
  // wirelag's bucket of 3 ms has its middle at 3.015 ms; 2^(-67/8) s is 3.012 ms, where the bucket -67 begins.
  assert.equal(positive.offset, -67)
  const counted = (positive.bucketCounts ?? []).flatMap((count, i) =>
    count !== '0' ? [[i + positive.offset, count]] : [],
  )
  assert.deepEqual(counted, [
    [-67, '2'],
    [-38, '1'],
    [-1, '1'],
  ])
  assert.deepEqual(
    exemplars?.map(({ filteredAttributes, ...rest }) => ({ ...rest, attributes: valuesOf(filteredAttributes) })),
    [{ attributes: { 'wirelag.incident.id': 'abc1' }, timeUnixNano: '1790000059250000000', asDouble: 1 }],
  )
})

function recordsOf(...records: Parameters<typeof encodeLogRecord>[0][]): unknown[] {
  const bytes = encodeLogs(
    records.map((record) => encodeLogRecord(record, 1_790_000_061_000_000_000n)),
    source,
  )
  const [{ scopeLogs } = assert.fail()] = decodeLogsRequest(bytes).resourceLogs
  return (scopeLogs[0]?.logRecords ?? []).map(({ attributes, body, ...rest }) => ({
    ...rest,
    body: body.stringValue,
    attributes: valuesOf(attributes),
  }))
}

test('an incident: a slow sample is a warning, a failure an error', () => {
  assert.deepEqual(recordsOf(incidentLog(slowPickup), incidentLog(failedConnect)), [
    {
      timeUnixNano: '1790000060123456789',
      observedTimeUnixNano: '1790000061000000000',
      severityNumber: 'SEVERITY_NUMBER_WARN',
      severityText: 'WARN',
      eventName: 'wirelag.incident',
      body: 'shop-api (pid 812): received data waited to be read 205.0 ms; 10.0.0.1:8080 - 10.0.0.2:40000',
      attributes: {
        'wirelag.incident.id': 'k1',
        'wirelag.stage': 'pickup',
        'wirelag.latency_ns': 205e6,
        'network.transport': 'tcp',
        'network.type': 'ipv4',
        'network.local.address': '10.0.0.1',
        'network.local.port': 8080,
        'network.peer.address': '10.0.0.2',
        'network.peer.port': 40_000,
        'wirelag.netns': 4026531840,
        'wirelag.connection.id': '77',
        'process.pid': 812,
        'process.user.id': 33,
        'process.linux.cgroup': '/docker/0123',
        'thread.id': 813,
        'thread.name': 'worker',
        'container.id': '0123',
        'container.name': 'shop-api-1',
        'container.runtime.name': 'docker',
        'container.image.name': 'shop/api:7',
        'wirelag.service': 'shop-api',
        'wirelag.compose.project': 'shop',
        'wirelag.compose.service': 'api',
        'wirelag.ledger.span': 'reply',
        'wirelag.ledger.wall_ns': 210e6,
        'wirelag.ledger.application_ns': 5e6,
        'wirelag.ledger.receive_queue_ns': 205e6,
        'wirelag.history.events': 1,
      },
    },
    {
      timeUnixNano: '1790000060123456789',
      observedTimeUnixNano: '1790000061000000000',
      severityNumber: 'SEVERITY_NUMBER_ERROR',
      severityText: 'ERROR',
      eventName: 'wirelag.incident',
      body: 'curl (pid 9): connecting failed after 3.060 s: ETIMEDOUT; [fd00::1]:50000 - [fd00::2]:443',
      attributes: {
        'wirelag.incident.id': 'k2',
        'wirelag.stage': 'handshake',
        'wirelag.latency_ns': 3.06e9,
        'error.type': 'ETIMEDOUT',
        'network.transport': 'tcp',
        'network.type': 'ipv6',
        'network.local.address': 'fd00::1',
        'network.local.port': 50_000,
        'network.peer.address': 'fd00::2',
        'network.peer.port': 443,
        'wirelag.netns': 4026531840,
        'wirelag.connection.id': '78',
        'process.pid': 9,
        'process.user.id': 0,
        'thread.id': 9,
        'thread.name': 'curl',
        'wirelag.service': 'curl',
      },
    },
  ])
})

test('a finding that begins, and that ends', () => {
  const sinceUnixMs = 1_790_000_010_000
  const begin = findingLog({ change: 'found', finding: fallenBehind, sinceUnixMs }, sinceUnixMs)
  const end = findingLog({ change: 'over', finding: fallenBehind, sinceUnixMs }, sinceUnixMs + 90_000)
  const common = { observedTimeUnixNano: '1790000061000000000' }
  const attributes = {
    'wirelag.cause': 'slow-reader-busy',
    'wirelag.since': '2026-09-21T14:13:30.000Z',
    'wirelag.confidence_percent': 93,
    'wirelag.evidence': ['p95 of pickup 205 ms', '17 waits over 20 ms'],
    'wirelag.confirm': 'wirelag pktlat --pid 812',
    'wirelag.advice': 'Let it do less before it reads.',
    'process.pid': 812,
    'thread.name': 'worker',
    'wirelag.service': 'worker',
  }
  assert.deepEqual(recordsOf(begin, end), [
    {
      ...common,
      timeUnixNano: '1790000010000000000',
      severityNumber: 'SEVERITY_NUMBER_WARN',
      severityText: 'WARN',
      eventName: 'wirelag.finding.begin',
      body: 'worker reads late.',
      attributes,
    },
    {
      ...common,
      timeUnixNano: '1790000100000000000',
      severityNumber: 'SEVERITY_NUMBER_INFO',
      severityText: 'INFO',
      eventName: 'wirelag.finding.end',
      body: 'over after 1 min 30 s: worker reads late.',
      attributes,
    },
  ])
})
