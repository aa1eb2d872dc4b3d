import { otlpSignals, type OtlpConfig, type OtlpSignal } from '../config/sections/otlp.ts'
import { findingLog } from '../export/otlp/finding-log.ts'
import { incidentLog } from '../export/otlp/incident-log.ts'
import { resourceAttributes } from '../export/otlp/resource.ts'
import type { MetricSnapshot } from '../model/metric.ts'
import { FindingChanges } from '../track/finding-changes.ts'
import type { AgentSecond, AgentSink, AgentStep } from './agent/agent-sink.ts'
import { ExportLane } from './otlp/export-lane.ts'
import { LogSource } from './otlp/log-source.ts'
import { MetricsSource } from './otlp/metrics-source.ts'
import type { OtlpTransport, TransportOptions } from './otlp/otlp-transport.ts'

/** What is still under way at the end is given so long; all sinks together have 5 s. */
const closeMs = 4000

export interface OtlpSinkOptions {
  config: OtlpConfig
  metrics: () => MetricSnapshot
  /** What it is called, and the first and third word of `uname -mr`. */
  host: { name: string; machine: string; kernel: string }
  /** wirelag's own. */
  version: string
}

/**
 * Sends metrics, findings and incidents to an OpenTelemetry receiver. A receiver that is away, slow or broken costs no more
 * than the records that wait for it, 1 MiB at most.
 */
export class OtlpSink implements AgentSink {
  readonly name = 'otlp'
  /** Without a secret: the configuration takes no URL that has one. */
  readonly #endpoint: string
  readonly #transport: OtlpTransport
  readonly #findings = new FindingChanges()
  readonly #metrics: MetricsSource
  readonly #logs: LogSource
  readonly #signals: readonly OtlpSignal[]
  readonly #lanes: readonly ExportLane[]
  /** Events of wirelag's own, so far: that some are lost is told at once. */
  #lost = 0

  private constructor({ config, metrics, host, version }: OtlpSinkOptions, transport: OtlpTransport) {
    const source = { resource: resourceAttributes(host, version, config.resource ?? {}), version }
    this.#endpoint = config.endpoint.href.replace(/\/$/, '')
    this.#transport = transport
    this.#metrics = new MetricsSource(metrics, source)
    this.#logs = new LogSource(source)
    this.#signals = config.signals ?? otlpSignals
    const intervalMs = (config.interval ?? 10e9) / 1e6
    this.#lanes = [this.#metrics, this.#logs]
      .filter(({ signal }) => this.#signals.includes(signal))
      .map((lane) => new ExportLane({ source: lane, transport, intervalMs }))
  }

  /** Begins to send; the receiver need not be there. */
  static async start(options: OtlpSinkOptions): Promise<OtlpSink> {
    const { config, version } = options
    const transport = await loadTransport(config, {
      endpoint: config.endpoint,
      headers: config.headers ?? {},
      timeoutMs: (config.timeout ?? 5e9) / 1e6,
      isCompressed: config.compression !== 'none',
      userAgent: `wirelag/${version}`,
    })
    return new OtlpSink(options, transport)
  }

  /** What never arrived, since the start: exports of metrics, records of logs. */
  get droppedExports(): Readonly<Record<OtlpSignal, number>> {
    return { metrics: this.#metrics.dropped, logs: this.#logs.dropped }
  }

  onSecond({ incidents, unixMs, books }: AgentSecond): void {
    const lost = books.reduce((sum, book) => sum + book.lost, 0)
    if (lost > this.#lost) for (const lane of this.#lanes) lane.hasten()
    this.#lost = lost
    if (!this.#signals.includes('logs')) return
    for (const incident of incidents) this.#logs.push(incidentLog(incident), unixMs)
  }

  onStep({ diagnosis, startUnixMs, spanMs }: AgentStep): void {
    if (!this.#signals.includes('logs')) return
    const unixMs = startUnixMs + spanMs
    for (const change of this.#findings.update(diagnosis.findings, unixMs))
      this.#logs.push(findingLog(change, unixMs), unixMs)
  }

  notice(): string | undefined {
    const troubles = this.#lanes.map(({ trouble }) => trouble).filter((trouble) => trouble !== undefined)
    return troubles.length === 0 ? undefined : `OTLP to ${this.#endpoint}: ${troubles.join('; ')}`
  }

  async close(): Promise<void> {
    const timer = setTimeout(() => this.#transport.close(), closeMs)
    await Promise.all(this.#lanes.map((lane) => lane.close()))
    clearTimeout(timer)
    this.#transport.close()
    this.#logs.discard()
  }
}

/** Each is read only where it is configured. */
async function loadTransport({ protocol }: OtlpConfig, options: TransportOptions): Promise<OtlpTransport> {
  if (protocol === 'grpc') return new (await import('./otlp/grpc-transport.ts')).GrpcTransport(options)
  return new (await import('./otlp/http-transport.ts')).HttpTransport(options)
}
