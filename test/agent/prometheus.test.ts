import assert from 'node:assert/strict'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Actor } from '../../lab/actor.ts'
import { Prometheus, runPromtool } from '../../lab/prometheus.ts'
import { bucketEdgesSeconds } from '../../src/export/prometheus-buckets.ts'
import type { LogLinearHistogram } from '../../src/histogram/log-linear-histogram.ts'
import type { MetricSnapshot } from '../../src/model/metric.ts'
import type { MetricRegistry } from '../../src/pipeline/metrics/metric-registry.ts'
import { startServer } from '../../src/server/server.ts'
import { WatchedRegistry } from './watched-registry.ts'

const pickup = 'wirelag_tcp_receive_pickup_duration_seconds'

/** Waits until something holds; fails after 20 s with what it is instead. */
async function until<T>(get: () => Promise<T>, isWanted: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const value = await get()
    if (isWanted(value)) return value
    if (Date.now() > deadline) throw new Error(`waited in vain: ${JSON.stringify(value)}`)
    await delay(50)
  }
}

/** The agent's page as those get it who take no OpenMetrics. */
async function textOnly(url: string): Promise<{ server: Server; target: string }> {
  const pass = async (response: ServerResponse): Promise<void> => {
    const page = await fetch(`${url}/metrics`, { headers: { accept: 'text/plain' } })
    response.setHeader('content-type', page.headers.get('content-type') ?? '')
    response.end(await page.text())
  }
  const server = createServer((_, response) => void pass(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, target: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A listener with a connection to it. */
async function connected(host: Actor, peer: Actor): Promise<number> {
  const { value: port } = await host.do('listen l 127.0.0.1 0 5')
  await peer.do('tcp c 4')
  await peer.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  return port
}

/** Data that waits so long before it is read. */
async function letWait(host: Actor, peer: Actor, delayMs: number): Promise<void> {
  await peer.do('send c 100')
  if (delayMs > 0) await host.do(`sleep ${delayMs}`)
  await host.do('recv s 100')
}

function serverPickups(registry: MetricRegistry): LogLinearHistogram {
  const { points } = registry.snapshot().families.find(({ name }) => name === pickup)!
  const servers = points.filter(({ labels }) => labels['role'] === 'server')
  assert.equal(servers.length, 1, JSON.stringify(points.map(({ labels }) => labels)))
  return servers[0]!.value as LogLinearHistogram
}

test('a real Prometheus scrapes both formats: counts, quantiles, failures, states, exemplars; an alert fires', async (t) => {
  await using host = await Actor.inNewNamespace()
  await using peer = await Actor.beside(host)
  await using watched = await WatchedRegistry.start(host, peer)
  const text = await textOnly(watched.server.url)
  t.after(() => text.server.close())
  await using prometheus = await Prometheus.start({
    targets: [
      { address: watched.target, labels: { format: 'openmetrics' } },
      { address: text.target, labels: { format: 'text' } },
    ],
    ruleGroups: [
      {
        name: 'wirelag',
        rules: [
          {
            alert: 'SlowPickup',
            expr: `histogram_quantile(0.95, sum by (le, service) (rate(${pickup}_bucket{format="openmetrics"}[10s]))) > 0.1`,
            annotations: { summary: '{{ $labels.service }} lets data wait' },
          },
        ],
      },
    ],
  })
  const valueOf = async (query: string): Promise<number[]> =>
    (await prometheus.query(query)).map(({ value }) => value).toSorted((a, b) => a - b)
  const untilValue = (query: string, ...values: number[]): Promise<number[]> =>
    until(
      () => valueOf(query),
      (found) => found.join() === values.join(),
    )

  await connected(host, peer)
  for (const delayMs of [0, 0, 0, 0, 1, 1, 5, 5, 20, 50]) await letWait(host, peer, delayMs)
  await peer.do('connect-many 127.0.0.1 9 3')
  await watched.endSecond()
  await watched.endStep()
  await untilValue(`${pickup}_count{role="server"}`, 10, 10)

  await t.test('the service is the other end of the peer’s edges', async () => {
    const [service] = new Set(
      (await prometheus.query(`${pickup}_count{role="server"}`)).map(({ metric }) => metric['service']),
    )
    await untilValue(`count by (format) (wirelag_tcp_sent_bytes_total{role="client", peer_service="${service}"})`, 1, 1)
    assert.deepEqual(
      await valueOf(`wirelag_tcp_sent_bytes_total{peer_service="${service}", role="client"}`),
      [1000, 1000],
    )
  })

  await t.test('failures by errno, from the kernel’s counts', async () => {
    const query = 'wirelag_tcp_connection_failures_total'
    await untilValue(query, 3, 3)
    const found = await prometheus.query(query)
    assert.deepEqual(
      found.map(({ metric }) => [metric['error_type'], metric['peer_service'], metric['role']]),
      [
        ['ECONNREFUSED', 'port:9', 'client'],
        ['ECONNREFUSED', 'port:9', 'client'],
      ],
    )
  })

  await t.test('states: both ends and the listener', async () => {
    await untilValue('sum by (format) (wirelag_tcp_connections{state="ESTABLISHED"})', 2, 2)
    await untilValue('sum by (format) (wirelag_tcp_connections{state="LISTEN"})', 1, 1)
  })

  await t.test('quantiles are of the bucket that wirelag’s own are of', async () => {
    const own = serverPickups(watched.registry)
    for (const q of [0.1, 0.25, 0.5, 0.75, 0.9, 0.99]) {
      for (const format of ['openmetrics', 'text']) {
        const [told] = await valueOf(`histogram_quantile(${q}, ${pickup}_bucket{role="server", format="${format}"})`)
        const high = bucketEdgesSeconds.find((edge) => told! <= edge) ?? Infinity
        const low = bucketEdgesSeconds.findLast((edge) => edge < told!) ?? 0
        const ownSeconds = own.quantileNs(q)! / 1e9
        // A sample in the log-linear bucket around an edge is counted above the edge.
        const isWithin = ownSeconds >= low * (1 - 1 / 8) && ownSeconds <= high
        assert.ok(isWithin, `p${q * 100}: ${told} s of ${low} to ${high}, wirelag ${ownSeconds} s`)
      }
    }
  })

  await t.test('the books add up', async () => {
    const sum = ['delivered', 'lost', 'filtered', 'invalid'].map((part) => `sum(wirelag_events_${part}_total)`)
    const [difference] = await valueOf(`sum(wirelag_events_attempted_total) - ${sum.join(' - ')}`)
    assert.equal(difference, 0)
    assert.ok((await valueOf('wirelag_events_delivered_total{signal="pickup", format="text"} >= 10')).length === 1)
  })

  await t.test('an exemplar leads from the bucket to the incident', async () => {
    const found = await until(
      () => prometheus.exemplars(`${pickup}_bucket{role="server"}`),
      (exemplars) => exemplars.length > 0,
    )
    const { exemplars = [] } = watched.registry
      .snapshot()
      .families.find(({ name }) => name === pickup)!
      .points.find(({ labels }) => labels['role'] === 'server')!
    assert.ok(exemplars.length > 0)
    for (const { incidentId, valueNs } of exemplars) {
      const scraped = found.find(({ labels }) => labels['incident_id'] === incidentId)
      assert.deepEqual([scraped?.value, scraped?.seriesLabels['format']], [valueNs / 1e9, 'openmetrics'])
    }
  })

  await t.test('an alert fires', async () => {
    assert.deepEqual(await prometheus.alerts(), [])
    for (let i = 0; i < 4; i++) await letWait(host, peer, 210)
    await watched.endSecond()
    const [alert] = await until(
      () => prometheus.alerts(),
      (alerts) => alerts.some(({ state }) => state === 'firing'),
    )
    assert.match(alert!.annotations['summary'] ?? '', / lets data wait$/)
  })

  await t.test('promtool has nothing to say against the page', async () => {
    const page = await (await fetch(`${watched.server.url}/metrics`, { headers: { accept: 'text/plain' } })).text()
    assert.deepEqual(runPromtool(['check', 'metrics'], page), { exitCode: 0, output: '' })
  })

  assert.deepEqual(
    (await prometheus.targets()).map(({ health, lastError }) => [health, lastError]),
    [
      ['up', ''],
      ['up', ''],
    ],
  )
})

test('a real Prometheus reads hostile label values as they are', async (t) => {
  const hostile = ['a"b', 'back\\slash', 'line\nbreak', '}{=",#', '\u0001\u001b[31m', 'é 漢 🦊', '\\"\\n', ' ']
  const points = hostile.map((service, value) => ({ labels: { service }, value }))
  const family = { name: 'wirelag_x', otelName: 'x', help: 'A "help"\n\\', unit: '1', type: 'gauge', points } as const
  const broken = [{ labels: { service: 'half \ud800' }, value: 9 }]
  const snapshot: MetricSnapshot = {
    unixMs: 0,
    startUnixMs: 0,
    host: 'h',
    families: [family, { ...family, name: 'wirelag_y', points: broken }],
  }
  const registry = { version: 0, snapshot: () => snapshot }
  const server = await startServer({ listen: { host: '127.0.0.1', port: 0 }, registry })
  t.after(() => server.close())
  const text = await textOnly(server.url)
  t.after(() => text.server.close())
  const target = new URL(server.url).host
  await using prometheus = await Prometheus.start({ targets: [target, text.target] })
  for (const instance of [target, text.target]) {
    const found = await until(
      () => prometheus.query(`wirelag_x{instance="${instance}"}`),
      (samples) => samples.length > 0,
    )
    const read = found.toSorted((a, b) => a.value - b.value).map(({ metric }) => metric['service'])
    assert.deepEqual(read, hostile)
    const [half] = await prometheus.query(`wirelag_y{instance="${instance}"}`)
    assert.equal(half?.metric['service'], 'half \ufffd')
  }
})
