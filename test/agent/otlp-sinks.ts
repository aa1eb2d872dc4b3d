import { otlp } from '../../src/config/sections/otlp.ts'
import type { Finding } from '../../src/model/finding.ts'
import type { Incident } from '../../src/model/incident.ts'
import type { MetricFamily, MetricSnapshot } from '../../src/model/metric.ts'
import type { AgentSecond, AgentStep } from '../../src/pipeline/agent/agent-sink.ts'
import { OtlpSink } from '../../src/pipeline/otlp-sink.ts'
import { histogramOf } from './otlp-examples.ts'

const host = { name: 'edge-07', machine: 'x86_64', kernel: '6.18.0' }

/** What a metric registry would hold. */
export class Metrics {
  readonly startUnixMs = Date.now() - 60_000
  lost = 0
  readonly pickups = histogramOf([])
  connections = 12

  readonly snapshot = (): MetricSnapshot => ({
    unixMs: Date.now(),
    startUnixMs: this.startUnixMs,
    host: host.name,
    families: this.#families(),
  })

  #families(): MetricFamily[] {
    return [
      {
        name: 'wirelag_events_lost_total',
        otelName: 'wirelag.events.lost',
        help: 'Events that were lost.',
        unit: '{event}',
        type: 'counter',
        points: [{ labels: { signal: 'pickup', where: 'ring' }, value: this.lost }],
      },
      {
        name: 'wirelag_tcp_connections',
        otelName: 'system.network.connection.count',
        help: 'Sockets.',
        unit: '{connection}',
        type: 'gauge',
        points: [{ labels: { state: 'TIME_WAIT' }, value: this.connections }],
      },
      {
        name: 'wirelag_tcp_receive_pickup_duration_seconds',
        otelName: 'wirelag.tcp.receive_pickup.duration',
        help: 'Pickups.',
        unit: 's',
        type: 'histogram',
        points: [{ labels: { service: 'shop' }, value: this.pickups }],
      },
    ]
  }
}

/** As the agent would start it with that in its configuration, but every second. */
export function startSink(
  config: Record<string, unknown>,
  { snapshot }: { snapshot: () => MetricSnapshot } = new Metrics(),
): Promise<OtlpSink> {
  const parsed = otlp.parse({ interval: '1s', timeout: '1s', ...config })
  return OtlpSink.start({ config: parsed, metrics: snapshot, host, version: '1.2.3' })
}

/** A second in which these happened. */
export function secondOf(incidents: readonly Incident[]): AgentSecond {
  const unixMs = 1_790_000_061_000
  return { unixMs, spanMs: 1000, activities: [], states: undefined, incidents, books: [] }
}

/** A step at whose end these are found; sinks of logs look at nothing else. */
export function stepOf(findings: readonly Finding[], startUnixMs: number): AgentStep {
  const diagnosis = { findings, ruledOut: [], unjudged: [] }
  return { startUnixMs, spanMs: 10_000, diagnosis, survey: undefined, books: [] } as unknown as AgentStep
}
