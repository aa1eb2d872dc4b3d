import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VictoriaMetrics } from '../../lab/victoria-metrics.ts'
import { exponentialHistogram } from '../../src/export/otlp/exponential-histogram.ts'
import { until } from './otlp-receiver.ts'
import { Metrics, startSink } from './otlp-sinks.ts'

async function valueOf(store: VictoriaMetrics, promql: string): Promise<number | undefined> {
  return (await store.query(promql))[0]?.value
}

test('VictoriaMetrics gets what was sent, also after it was killed', async () => {
  await using store = await VictoriaMetrics.start()
  const metrics = new Metrics()
  metrics.lost = 17
  // 2,000 pickups from 0.1 to 200 ms, as evenly as can be, and three that count as nothing.
  for (let i = 1; i <= 2000; i++) metrics.pickups.record((i / 10) * 1e6)
  for (let i = 0; i < 3; i++) metrics.pickups.record(500)
  const endpoint = `${store.url}/opentelemetry/`
  const sink = await startSink({ endpoint, signals: ['metrics'], resource: { team: 'net' } }, metrics)
  try {
    await until('what was lost arrives', async () => (await valueOf(store, 'wirelag_events_lost_total')) === 17)
    const resource = {
      host_arch: 'amd64',
      host_name: 'edge-07',
      os_type: 'linux',
      os_version: '6.18.0',
      scope_name: 'wirelag',
      scope_version: '1.2.3',
      service_instance_id: 'edge-07',
      service_name: 'wirelag',
      service_version: '1.2.3',
      team: 'net',
    }
    assert.deepEqual(await store.query('wirelag_events_lost_total'), [
      {
        metric: { __name__: 'wirelag_events_lost_total', ...resource, wirelag_signal: 'pickup', wirelag_where: 'ring' },
        value: 17,
      },
    ])
    const connections = 'system_network_connection_count'
    assert.deepEqual(await store.query(connections), [
      { metric: { __name__: connections, ...resource, network_connection_state: 'time_wait' }, value: 12 },
    ])
    await comparePickups(store, metrics)

    await store.kill()
    const droppedBefore = sink.droppedExports.metrics
    metrics.lost = 18
    await until('the outage is told', () => sink.notice() !== undefined)
    assert.equal(sink.notice(), `OTLP to ${store.url}/opentelemetry: metrics do not arrive: ECONNREFUSED`)
    await until('drops are counted', () => sink.droppedExports.metrics >= droppedBefore + 3)
    for (let i = 0; i < 500; i++) metrics.pickups.record(3.2e9)
    await store.startAgain()
    await until('it arrives again', async () => (await valueOf(store, 'wirelag_events_lost_total')) === 18, 30_000)
    await until('all is well', () => sink.notice() === undefined)
    await comparePickups(store, metrics)
  } finally {
    await sink.close()
  }
})

const pickups = 'wirelag_tcp_receive_pickup_duration_seconds'

/** Counts are exact, and quantiles lie in the bucket in which wirelag's own lie. */
async function comparePickups(store: VictoriaMetrics, { pickups: histogram }: Metrics): Promise<void> {
  assert.equal(await valueOf(store, `${pickups}_count`), histogram.count)
  assert.equal(await valueOf(store, `${pickups}_sum`), histogram.sumNs / 1e9)
  const { scale } = exponentialHistogram(histogram)
  for (const q of [0.01, 0.5, 0.95, 0.99]) {
    const ours = (histogram.quantileNs(q) ?? 0) / 1e9
    const theirs = (await valueOf(store, `histogram_quantile(${q}, ${pickups}_bucket)`)) ?? 0
    const index = Math.ceil(Math.log2(ours) * 2 ** scale) - 1
    const [low, high] = [2 ** (index / 2 ** scale), 2 ** ((index + 1) / 2 ** scale)]
    // Bounds are told in three digits.
    assert.ok(low * 0.999 <= theirs && theirs <= high * 1.001, `q ${q}: ${theirs} in ${low} to ${high}`)
  }
}
