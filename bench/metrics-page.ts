import { performance } from 'node:perf_hooks'
import { renderPrometheus } from '../src/export/prometheus.ts'
import { serviceAlone } from '../src/model/container.ts'
import { stageNames, type EdgeActivity } from '../src/model/edge.ts'
import { MetricRegistry } from '../src/pipeline/metrics/metric-registry.ts'
import { noActivity } from '../src/track/edge-activity.ts'
import { spread, type Table } from './table.ts'

const services = 1000

/** What the page of metrics costs, and the second that is summed up before it. */
export function measureMetricsPage(rounds: number): Table {
  const rows = [
    { name: 'default budget of series', maxSeries: undefined },
    { name: 'room for all', maxSeries: 1_000_000 },
  ].map(({ name, maxSeries }) => {
    const registry = new MetricRegistry({ host: 'bench', version: '0', maxSeries })
    const activities = Array.from({ length: services }, (_, i) => activityOf(i))
    const times = { second: [] as number[], text: [] as number[], openmetrics: [] as number[] }
    let series = 0
    // The first rounds are for the compiler.
    for (let round = -3; round < rounds; round++) {
      const secondMs = timed(() => tellSecond(registry, activities))
      const page = (format: 'text' | 'openmetrics'): number =>
        timed(() => renderPrometheus(registry.snapshot(), format))
      const [text, openmetrics] = [page('text'), page('openmetrics')]
      if (round < 0) continue
      times.second.push(secondMs)
      times.text.push(text)
      times.openmetrics.push(openmetrics)
      series = renderPrometheus(registry.snapshot(), 'text').match(/^[^#]/gm)?.length ?? 0
    }
    const { second, text, openmetrics } = times
    return [name, series.toLocaleString('en'), spread(second, 1), spread(text, 1), spread(openmetrics, 1)]
  })
  return {
    title: 'Metrics',
    method: `${services.toLocaleString('en')} services, each with a client's histograms of handshake, accept queue, send, pickup and RTT, and four counters: to sum up a second, and to render the page; wall time, ${rounds} rounds. Budget: 50 ms a page.`,
    header: ['1,000 services', 'series', 'second, ms', 'text, ms', 'OpenMetrics, ms'],
    rows,
  }
}

function activityOf(i: number): EdgeActivity {
  const activity = noActivity({
    process: { pid: i + 1, startNs: 1, comm: 'bench', identity: serviceAlone(`service-${i}`) },
    protocol: 'tcp',
    role: 'client',
    peerAddress: '192.0.2.1',
    port: 443,
    netns: 1,
  })
  for (const stage of stageNames) for (let j = 0; j < 20; j++) activity.stages[stage].record(1000 * 1.8 ** j)
  Object.assign(activity.counts, { sentBytes: 1000, resetsSent: 1, stallNs: 1e6 })
  activity.counts.retransmits.rto = 1
  activity.rttUs = 300
  return activity
}

function tellSecond(registry: MetricRegistry, activities: readonly EdgeActivity[]): void {
  registry.onSecond({
    unixMs: Date.now(),
    spanMs: 1000,
    activities,
    states: undefined,
    incidents: [],
    books: [],
  })
}

function timed(run: () => unknown): number {
  const startMs = performance.now()
  run()
  return performance.now() - startMs
}
