import { PrometheusClient, type PrometheusSample } from '../fleet/prometheus-client.ts'
import { printable } from '../lib/printable.ts'
import { recordedSpanMs, type StoredRecord } from '../model/record.ts'
import type { AgentSink, AgentStep } from './agent/agent-sink.ts'
import { httpHistogramMatch, httpHistograms, httpServiceOf, p95Query } from './http-histograms.ts'

export interface HttpOverlaySettings {
  prometheus: URL
  headers?: Readonly<Record<string, string>> | undefined
  /** Gives seconds, by service; undefined: of the common histograms, those that are there. */
  query?: string | undefined
  /** What each p95 is of; at least four scrapes. */
  windowMs?: number | undefined
  /** What this host is called in the history. */
  host: string
  /** Of one question. */
  timeoutMs?: number
}

/** The body of an `http` record. */
export interface HttpBody {
  p95Ms: number
  /** What it is of: the time until the step's end. */
  windowMs: number
}

export const defaultHttpWindowMs = 60_000
/** A step has 10 s. */
const defaultTimeoutMs = 8000
const maxServices = 50
/** Of the common ones, in case several are there. */
const maxHistograms = 3
/** What is there is looked up again. */
const discoveryMs = 300_000
/** Steps whose records wait to be taken. */
const maxWaitingRecords = 60 * maxServices

type Step = Pick<AgentStep, 'startUnixMs' | 'spanMs'>

/**
 * Learns from a Prometheus, each step, the p95 of HTTP services, and has it as records for the recorder. One question after
 * the other; while one is under way, steps go without.
 */
export class HttpOverlay implements AgentSink {
  readonly name = 'http'
  readonly #settings: HttpOverlaySettings
  readonly #client: PrometheusClient
  readonly #windowMs: number
  #records: StoredRecord[] = []
  #services: ReadonlySet<string> = new Set()
  #histograms: typeof httpHistograms = []
  #discoveredMs = -Infinity
  #poll: Promise<void> | undefined
  #notice: string | undefined

  constructor(settings: HttpOverlaySettings) {
    const { prometheus, headers = {}, timeoutMs = defaultTimeoutMs, windowMs = defaultHttpWindowMs } = settings
    this.#settings = settings
    this.#windowMs = windowMs
    this.#client = new PrometheusClient({ url: prometheus, headers, timeoutMs, maxBytes: 8 << 20 })
  }

  onStep(step: Step): void {
    this.#poll ??= this.#ask(step).finally(() => (this.#poll = undefined))
  }

  /** What has come in since the last call. */
  records(): StoredRecord[] {
    return this.#records.splice(0)
  }

  notice(): string | undefined {
    return this.#notice
  }

  /** What was asked last has been answered, or has failed. */
  async settled(): Promise<void> {
    await this.#poll
  }

  async close(): Promise<void> {
    this.#client.close()
    await this.#poll
  }

  async #ask(step: Step): Promise<void> {
    try {
      const p95sMs = this.#settings.query === undefined ? await this.#common() : await this.#own(this.#settings.query)
      this.#keep(p95sMs, step)
    } catch (error) {
      this.#notice = `HTTP latencies are not known: ${(error as Error).message}`
    }
  }

  async #own(query: string): Promise<Map<string, number>> {
    const { data } = await this.#client.vector(query)
    return greatestOf(data, ({ labels }) => httpServiceOf(labels), 1000)
  }

  async #common(): Promise<Map<string, number>> {
    const all = new Map<string, number>()
    await this.#discover()
    for (const histogram of this.#histograms) {
      const { data } = await this.#client.vector(p95Query(histogram, this.#windowMs))
      const p95sMs = greatestOf(data, ({ labels }) => httpServiceOf(labels, histogram.labels), 1)
      // What the first tells of a service is nearer to it.
      for (const [service, p95Ms] of p95sMs) if (!all.has(service)) all.set(service, p95Ms)
    }
    return all
  }

  async #discover(): Promise<void> {
    const nowMs = performance.now()
    if (this.#histograms.length > 0 && nowMs - this.#discoveredMs < discoveryMs) return
    const { data } = await this.#client.labelValues('__name__', httpHistogramMatch)
    const names = new Set(data)
    this.#histograms = httpHistograms.filter(({ name }) => names.has(`${name}_bucket`)).slice(0, maxHistograms)
    this.#discoveredMs = nowMs
  }

  #keep(p95sMs: Map<string, number>, { startUnixMs, spanMs }: Step): void {
    // Who was there before stays, so that no series has gaps for want of room.
    const known = [...p95sMs.keys()].filter((service) => this.#services.has(service))
    const fresh = [...p95sMs.keys()].filter((service) => !this.#services.has(service)).toSorted()
    const services = [...known, ...fresh].slice(0, maxServices)
    this.#services = new Set([...this.#services, ...services].slice(-2 * maxServices))
    for (const service of services) {
      const body: HttpBody = { p95Ms: p95sMs.get(service)!, windowMs: this.#windowMs }
      this.#records.push({
        kind: 'http',
        host: this.#settings.host,
        timeUnixMs: Math.round(startUnixMs),
        spanMs: recordedSpanMs(spanMs),
        key: service,
        service,
        container: '',
        pod: '',
        namespace: '',
        body,
      })
    }
    this.#records.splice(0, Math.max(0, this.#records.length - maxWaitingRecords))
    this.#notice = this.#noticeOf(p95sMs.size, services.length)
  }

  #noticeOf(all: number, kept: number): string | undefined {
    const { shownUrl } = this.#client
    if (all > kept)
      return `HTTP latencies of ${all - kept} more services are left out: ${maxServices} at most are recorded`
    if (all > 0) return undefined
    const { query } = this.#settings
    if (query !== undefined) return `HTTP latencies are not known: ${shownUrl} has nothing for '${printable(query)}'`
    if (this.#histograms.length > 0) return undefined
    return `HTTP latencies are not known: ${shownUrl} has none of the common histograms; http.query names another`
  }
}

/** Of each service the greatest, where several samples are of it. */
function greatestOf(
  samples: readonly PrometheusSample[],
  serviceOf: (sample: PrometheusSample) => string,
  unitMs: number,
): Map<string, number> {
  const all = new Map<string, number>()
  for (const sample of samples) {
    const service = serviceOf(sample)
    all.set(service, Math.max(all.get(service) ?? 0, sample.value * unitMs))
  }
  return all
}
