import { hostname, machine, release } from 'node:os'
import type { Config } from '../config/config.ts'
import type { ServiceRule } from '../identity/identities.ts'
import { serviceRules } from '../identity/service-rules.ts'
import { listenAddressText, type ListenAddress } from '../lib/listen-address.ts'
import { OperatorError } from '../lib/operator-error.ts'
import type { MetricSnapshot } from '../model/metric.ts'
import { defaultAlertSettings } from '../model/default-alerts.ts'
import type { StoredRecord } from '../model/record.ts'
import { Alerting } from '../pipeline/alerting.ts'
import { Agent } from '../pipeline/agent/agent.ts'
import type { AgentLog } from '../pipeline/agent/agent-log.ts'
import type { AgentSink } from '../pipeline/agent/agent-sink.ts'
import { HeapKeeper } from '../pipeline/agent/heap-keeper.ts'
import { Narrator } from '../pipeline/agent/narrator.ts'
import { Recorder } from '../pipeline/agent/recorder.ts'
import { ServiceManager } from '../pipeline/agent/service-manager.ts'
import { MetricRegistry } from '../pipeline/metrics/metric-registry.ts'
import { alertFamilies, otlpFamilies, recorderFamilies } from '../pipeline/metrics/sink-families.ts'
import type { OtlpSink } from '../pipeline/otlp-sink.ts'
import { defaultListen } from '../server/server.ts'
import { defaultLimits, defaultStateFolder, openStore } from '../store/open-store.ts'
import { agentLog } from './agent-log.ts'
import { AgentWeb } from './agent-web.ts'
import { ownVersion } from './own-version.ts'

export interface AgentRunOptions {
  config?: string
  stateDir?: string
  store?: string
  listen?: ListenAddress | 'off'
  json?: true
  ringSize: number
  cpuBudget?: number
}

const defaultSlowNs = 20e6

/** The agent with everything that its file and flags ask for. */
export class AgentRun {
  readonly #options: AgentRunOptions
  readonly #log: AgentLog
  readonly #manager = new ServiceManager(process.env, () => this.#agent?.problem === undefined)
  readonly #host: string
  readonly #registry: MetricRegistry
  readonly #alerting: Alerting
  #config: Config
  #httpRecords: () => StoredRecord[] = () => []
  #history: Recorder | undefined
  #otlp: OtlpSink | undefined
  #otlpDroppedBefore: Record<string, number> = {}
  #web: AgentWeb | undefined
  #services: ServiceRule | undefined
  #agent: Agent | undefined
  /** Those that stay when the file is read again: their counts go on. */
  #lasting: AgentSink[] = []

  private constructor(options: AgentRunOptions, config: Config) {
    this.#options = options
    this.#log = agentLog(options.json ?? false)
    this.#config = config
    this.#host = config.host ?? hostname()
    this.#services = serviceRules(config.services ?? {})
    this.#alerting = new Alerting({
      settings: config.alerts ?? defaultAlertSettings,
      host: this.#host,
      tell: (line, fields) => this.#log('alert', line, fields),
    })
    this.#registry = new MetricRegistry({
      host: this.#host,
      version: ownVersion(),
      maxSeries: config.metrics?.maxSeries,
      linkOf: (edge) => this.#agent?.linkOf(edge),
      signals: () => this.#agent?.signals ?? [],
      programRuns: () => this.#agent?.programRuns() ?? [],
      sources: [
        () => alertFamilies(this.#alerting),
        () => (this.#history ? recorderFamilies(this.#history.status()) : []),
        () => (this.#otlp ? otlpFamilies(this.#otlpDropped()) : []),
      ],
    })
  }

  /** Also by those that were there before the file was read again. */
  #otlpDropped(): Record<string, number> {
    const now: Readonly<Record<string, number>> = this.#otlp?.droppedExports ?? {}
    return Object.fromEntries(
      Object.entries(now).map(([signal, count]) => [signal, count + (this.#otlpDroppedBefore[signal] ?? 0)]),
    )
  }

  /** @throws OperatorError where the file is wrong, another agent runs here, or the kernel does not let it */
  static async start(options: AgentRunOptions): Promise<AgentRun> {
    const run = new AgentRun(options, await configOf(options))
    await run.#begin()
    return run
  }

  async #begin(): Promise<void> {
    const { ringSize, cpuBudget } = this.#options
    this.#history = await this.#recorder()
    const history = this.#history ? [this.#history] : []
    this.#lasting = [new Narrator(this.#log), this.#registry, this.#alerting, ...history, new HeapKeeper()]
    try {
      this.#agent = await Agent.start({
        ringBytes: ringSize,
        slowNs: this.#config.slow ?? defaultSlowNs,
        serviceOf: (facts) => this.#services?.(facts),
        cpuBudget: cpuBudget ?? this.#config.cpuBudget,
        sinks: [...this.#lasting, ...(await this.#configured())],
        log: this.#log,
      })
    } catch (error) {
      await Promise.all(this.#lasting.map(async (sink) => sink.close?.()))
      throw error
    }
    for (const { status, title, reasons } of this.#agent.signals)
      if (status === 'off') this.#log('warning', `this kernel does not show ${title}: ${reasons.join('; ')}`)
    this.#log('info', `watching ${this.#host}`, { signals: this.#agent.signals.map(({ signal }) => signal) })
    await this.#openWeb()
    this.#manager.ready(`watching ${this.#host}`)
  }

  /** Without a history the agent still watches; only one agent may write it. */
  async #recorder(): Promise<Recorder | undefined> {
    const { recorder = {} } = this.#config
    const folder = this.#options.stateDir ?? recorder.folder ?? defaultStateFolder()
    const url = this.#options.store ?? recorder.store
    const { maxBytes, maxAgeMs } = defaultLimits
    const limits = {
      maxBytes: recorder.maxSize ?? maxBytes,
      maxAgeMs: recorder.maxAge === undefined ? maxAgeMs : recorder.maxAge / 1e6,
    }
    try {
      const store = await openStore({ folder, url }, 'write', limits)
      return new Recorder({ store, host: this.#host, more: () => this.#httpRecords() })
    } catch (error) {
      if (!(error instanceof OperatorError) || error.code === 'WIRELAG_HISTORY_BUSY') throw error
      this.#log('warning', `history off: ${error.message}`)
      return undefined
    }
  }

  /** What the file asks for, and may ask otherwise when it is read again. */
  async #configured(): Promise<AgentSink[]> {
    const { otlp, http } = this.#config
    const host = this.#host
    const sinks: AgentSink[] = []
    if (otlp) {
      const { OtlpSink } = await import('../pipeline/otlp-sink.ts')
      const metrics = (): MetricSnapshot => this.#registry.snapshot()
      const names = { name: host, machine: machine(), kernel: release() }
      this.#otlpDroppedBefore = this.#otlpDropped()
      this.#otlp = await OtlpSink.start({ config: otlp, metrics, host: names, version: ownVersion() })
      sinks.push(this.#otlp)
    } else this.#otlp = undefined
    if (http) {
      const { HttpOverlay } = await import('../pipeline/http-overlay.ts')
      const { window, ...settings } = http
      const windowMs = window === undefined ? undefined : window / 1e6
      const overlay = new HttpOverlay({ ...settings, windowMs, host })
      this.#httpRecords = () => overlay.records()
      sinks.push(overlay)
    } else this.#httpRecords = () => []
    return sinks
  }

  /** Opens the HTTP side where it is wanted; where it is already, it stays. */
  async #openWeb(): Promise<void> {
    const listen = this.#options.listen ?? this.#config.listen ?? defaultListen
    if (listen !== 'off' && this.#web && listenAddressText(this.#web.listen) === listenAddressText(listen)) return
    await this.#web?.close()
    this.#web =
      listen === 'off'
        ? undefined
        : new AgentWeb({ listen, registry: this.#registry, problem: () => this.#agent?.problem }, this.#log)
    await this.#web?.open()
  }

  /** Reads the file again; where it is wrong, everything stays as it is. */
  async reload(): Promise<void> {
    this.#manager.reloading()
    try {
      const config = await configOf(this.#options)
      this.#config = config
      this.#services = serviceRules(config.services ?? {})
      this.#alerting.reconfigure(config.alerts ?? defaultAlertSettings, this.#host)
      await this.#agent?.replaceSinks([...this.#lasting, ...(await this.#configured())])
      await this.#openWeb()
      this.#log('info', 'the configuration was read again')
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      this.#log('error', `the configuration stays as it was: ${error.message}`)
    } finally {
      this.#manager.ready(`watching ${this.#host}`)
    }
  }

  async stop(): Promise<void> {
    this.#manager.stopping()
    await this.#web?.close()
    await this.#agent?.stop()
    this.#log('info', 'stopped')
  }
}

/** What reads a file is loaded only where there is one. */
async function configOf({ config }: AgentRunOptions): Promise<Config> {
  if (config === undefined) return {}
  const { readConfig } = await import('../config/config.ts')
  return readConfig(config)
}
