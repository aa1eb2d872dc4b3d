import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketLowNs, bucketOf, LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import type { MetricFamily, MetricSnapshot } from '../model/metric.ts'
import { bucketEdgesSeconds, cumulativeCounts, edgeIndexOf, histogramSeries } from './prometheus-buckets.ts'
import { renderPrometheus } from './prometheus.ts'

function snapshot(...families: Partial<MetricFamily>[]): MetricSnapshot {
  const rest = { otelName: 'x', help: 'Help.', unit: '1', type: 'gauge', points: [] } as const
  return {
    unixMs: 0,
    startUnixMs: 0,
    host: 'h',
    families: families.map((family) => ({ name: 'wirelag_x', ...rest, ...family })),
  }
}

function histogramOf(...ns: number[]): LogLinearHistogram {
  const histogram = new LogLinearHistogram()
  for (const sample of ns) histogram.record(sample)
  return histogram
}

test('counters and gauges, in both formats', () => {
  const families = [
    {
      name: 'wirelag_tcp_sent_bytes_total',
      type: 'counter',
      points: [
        { labels: { service: 'web', pod: '' }, value: 12 },
        { labels: {}, value: 0.5 },
      ],
    },
    { name: 'wirelag_nothing' },
    { name: 'wirelag_y', help: 'A "b"\n\\c', points: [{ labels: {}, value: Number.POSITIVE_INFINITY }] },
  ] as const
  assert.equal(
    renderPrometheus(snapshot(...families), 'text'),
    `# HELP wirelag_tcp_sent_bytes_total Help.
# TYPE wirelag_tcp_sent_bytes_total counter
wirelag_tcp_sent_bytes_total{service="web"} 12
wirelag_tcp_sent_bytes_total 0.5
# HELP wirelag_y A "b"\\n\\\\c
# TYPE wirelag_y gauge
wirelag_y +Inf
`,
  )
  assert.equal(
    renderPrometheus(snapshot(...families), 'openmetrics'),
    `# TYPE wirelag_tcp_sent_bytes counter
# UNIT wirelag_tcp_sent_bytes bytes
# HELP wirelag_tcp_sent_bytes Help.
wirelag_tcp_sent_bytes_total{service="web"} 12
wirelag_tcp_sent_bytes_total 0.5
# TYPE wirelag_y gauge
# HELP wirelag_y A \\"b\\"\\n\\\\c
wirelag_y +Inf
# EOF
`,
  )
})

test('a histogram: cumulative buckets, its sum in seconds, an exemplar where its sample was counted', () => {
  const family = {
    name: 'wirelag_d_seconds',
    type: 'histogram',
    points: [
      {
        labels: { service: 'web' },
        value: histogramOf(4_000_000, 203_000_000, 1_020_000_000, 200e9),
        exemplars: [
          { valueNs: 201_000_000, unixMs: 1000, incidentId: 'older' },
          { valueNs: 203_000_000, unixMs: 1_700_000_000_123, incidentId: 'i-1"' },
        ],
      },
    ],
  } as const
  const buckets = (exemplar: string): string => `wirelag_d_seconds_bucket{service="web",le="0.0001"} 0
wirelag_d_seconds_bucket{service="web",le="0.0005"} 0
wirelag_d_seconds_bucket{service="web",le="0.001"} 0
wirelag_d_seconds_bucket{service="web",le="0.0025"} 0
wirelag_d_seconds_bucket{service="web",le="0.005"} 1
wirelag_d_seconds_bucket{service="web",le="0.01"} 1
wirelag_d_seconds_bucket{service="web",le="0.02"} 1
wirelag_d_seconds_bucket{service="web",le="0.04"} 1
wirelag_d_seconds_bucket{service="web",le="0.1"} 1
wirelag_d_seconds_bucket{service="web",le="0.2"} 1
wirelag_d_seconds_bucket{service="web",le="0.3"} 2${exemplar}
wirelag_d_seconds_bucket{service="web",le="1.0"} 2
wirelag_d_seconds_bucket{service="web",le="3.0"} 3
wirelag_d_seconds_bucket{service="web",le="7.0"} 3
wirelag_d_seconds_bucket{service="web",le="+Inf"} 4
wirelag_d_seconds_sum{service="web"} 201.227
wirelag_d_seconds_count{service="web"} 4
`
  assert.equal(
    renderPrometheus(snapshot(family), 'text'),
    `# HELP wirelag_d_seconds Help.\n# TYPE wirelag_d_seconds histogram\n${buckets('')}`,
  )
  assert.equal(
    renderPrometheus(snapshot(family), 'openmetrics'),
    `# TYPE wirelag_d_seconds histogram\n# UNIT wirelag_d_seconds seconds\n# HELP wirelag_d_seconds Help.\n${buckets(
      ' # {incident_id="i-1\\""} 0.203 1700000000.123',
    )}# EOF\n`,
  )
  assert.equal(buckets('').trim().split('\n').length, histogramSeries)
})

test('an exemplar whose labels OpenMetrics does not allow is left out', () => {
  const exemplars = [{ valueNs: 1, unixMs: 1, incidentId: 'x'.repeat(118) }]
  const family = { type: 'histogram', points: [{ labels: {}, value: histogramOf(1), exemplars }] } as const
  assert.doesNotMatch(renderPrometheus(snapshot(family), 'openmetrics'), /incident_id/)
})

test('hostile label values', () => {
  const value = 'a"b\\c\nd\u0000\ud800e{}=,#'
  const text = renderPrometheus(snapshot({ points: [{ labels: { service: value }, value: 1 }] }), 'text')
  assert.equal(text.split('\n')[2], 'wirelag_x{service="a\\"b\\\\c\\nd\u0000\ufffde{}=,#"} 1')
})

test('a log-linear bucket in which an edge lies counts above it, all others where they are', () => {
  for (const [i, seconds] of bucketEdgesSeconds.entries()) {
    const edgeNs = seconds * 1e9
    const straddling = bucketOf(edgeNs)
    const [lowNs, highNs] = [bucketLowNs(straddling), bucketLowNs(straddling + 1)]
    assert.ok(lowNs < edgeNs && edgeNs < highNs, `${seconds} s lies in a bucket`)
    const upTo = (ns: number): number => cumulativeCounts(histogramOf(ns))[i]!
    assert.deepEqual(
      [lowNs - 1, lowNs, edgeNs, edgeNs + 1, highNs].map(upTo),
      [1, 0, 0, 0, 0],
      `samples around ${seconds} s`,
    )
    // What is counted as longer is shorter by a bucket at most.
    assert.ok((edgeNs - lowNs) / edgeNs <= 1 / 8)
    assert.deepEqual([lowNs - 1, lowNs].map(edgeIndexOf), [i, i + 1])
  }
})

test('every sample is counted at one edge, the last bucket is all', () => {
  const histogram = histogramOf(0, 1, 99_999, 100_001, 40e6, 39e6, 0.2e9, 7e9, 136e9, 900e9)
  assert.deepEqual(cumulativeCounts(histogram), [2, 4, 4, 4, 4, 4, 4, 4, 6, 6, 7, 7, 7, 7, 10])
  assert.equal(edgeIndexOf(900e9), bucketEdgesSeconds.length)
})
