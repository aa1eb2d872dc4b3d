import { hostname } from 'node:os'
import type { AlertScene } from '../export/alertmanager.ts'
import { passesIdentity } from '../identity/identity-filter.ts'
import type { AlertMessage, AlertRule, AlertSubject, RuleAlert } from '../model/alert-rule.ts'
import type { AlertReceiver, AlertSettings } from '../model/alert-settings.ts'
import type { RuleReadings } from '../track/alert-facts.ts'
import { AlertGroup } from '../track/alert-group.ts'
import { AlertHysteresis } from '../track/alert-hysteresis.ts'
import { readingsOf, thresholdOf } from '../track/alert-readings.ts'
import type { AgentSecond, AgentSink, AgentStep } from './agent/agent-sink.ts'
import { receiverOf, type Receiver, type TellAlert } from './alert-receivers.ts'
import type { WebhookOptions, WebhookTally } from './webhook.ts'

export interface AlertingOptions {
  settings: AlertSettings
  /** For a terminal. */
  tell: TellAlert
  /** What this host is called; its own name by default. */
  host?: string
  /** For receivers over HTTP. */
  delivery?: WebhookOptions
}

/** So many alerts of a rule fire at the same time; those beyond are counted. */
const maxFiring = 200
/** Changes of the clock that are smaller do not move the times of alerts that are there. */
const clockSlackMs = 1000
/** For what is under way at the end. */
const graceMs = 2000

/** Judges by the rules what the agent sees, and tells receivers. */
export class Alerting implements AgentSink {
  readonly name = 'alerts'
  readonly #host: string
  readonly #receivers: readonly Receiver[]
  readonly #runs: readonly RuleRun[]
  /** Of what the agent told, from its first second on: a clock that never goes back. */
  #timeNs = 0
  #nowUnixMs = 0
  /** What time 0 was. */
  #zeroUnixMs: number | undefined

  constructor({ settings, tell, host = hostname(), delivery }: AlertingOptions) {
    this.#host = host
    const scene = (): AlertScene => this.#scene()
    const receive = (receiver: AlertReceiver): Receiver =>
      receiverOf(receiver, { tell, scene, ...(delivery ? { delivery } : {}) })
    this.#receivers = settings.receivers.map(receive)
    this.#runs = settings.rules.map((rule) => new RuleRun(rule, settings, this.#receivers))
  }

  #scene(): AlertScene {
    const zeroMs = this.#zeroUnixMs ?? 0
    return { host: this.#host, nowMs: this.#nowUnixMs, unixMs: (timeNs) => zeroMs + timeNs / 1e6 }
  }

  onSecond(second: AgentSecond): void {
    this.#timeNs += second.spanMs * 1e6
    this.#nowUnixMs = second.unixMs
    const zeroMs = second.unixMs - this.#timeNs / 1e6
    if (this.#zeroUnixMs === undefined || Math.abs(zeroMs - this.#zeroUnixMs) >= clockSlackMs) this.#zeroUnixMs = zeroMs
    for (const run of this.#runs) {
      run.readings.onSecond?.(second, this.#timeNs)
      run.judge(this.#timeNs)
    }
  }

  onStep(step: AgentStep): void {
    for (const run of this.#runs) {
      if (!run.readings.onStep) continue
      run.readings.onStep(step)
      run.judge(this.#timeNs)
    }
  }

  /** How many alerts of each rule fire. */
  firing(): { rule: string; firing: number }[] {
    return this.#runs.map(({ rule, firing }) => ({ rule: rule.name, firing }))
  }

  /** What became of the messages to each receiver over HTTP. */
  tallies(): (WebhookTally & { receiver: string })[] {
    return this.#receivers.flatMap((receiver) => {
      const tally = receiver.tally?.()
      return tally ? [{ receiver: receiver.name, ...tally }] : []
    })
  }

  notice(): string | undefined {
    const notices = [...this.#receivers, ...this.#runs].flatMap((part) => part.notice?.() ?? [])
    return notices.length === 0 ? undefined : `alerts: ${notices.join('; ')}`
  }

  async close(): Promise<void> {
    for (const run of this.#runs) run.flush(this.#timeNs)
    await Promise.all(this.#receivers.map(async (receiver) => receiver.close?.(graceMs)))
  }
}

/** One rule, with what fires by it. */
class RuleRun {
  readonly rule: AlertRule
  readonly readings: RuleReadings
  readonly #hysteresis: AlertHysteresis<AlertSubject>
  readonly #group: AlertGroup
  readonly #receivers: readonly Receiver[]
  #firing: readonly RuleAlert[] = []

  constructor(rule: AlertRule, settings: AlertSettings, receivers: readonly Receiver[]) {
    const { forNs, resolveAfterNs, resolveShare } = rule
    const whose = 'whose' in rule ? rule.whose : {}
    this.rule = rule
    this.readings = readingsOf(rule, (identity) => passesIdentity(whose, identity))
    const threshold = thresholdOf(rule)
    this.#hysteresis = new AlertHysteresis({ threshold, forNs, resolveAfterNs, resolveShare, maxSubjects: maxFiring })
    this.#group = new AlertGroup(rule, settings)
    this.#receivers = receivers.filter(({ name }) => rule.receivers?.includes(name) ?? true)
  }

  get firing(): number {
    return this.#firing.length
  }

  /** Subjects that are not followed. */
  get #beyond(): number {
    return this.readings.beyond + this.#hysteresis.beyond
  }

  judge(nowNs: number): void {
    const changed = this.#hysteresis.judge(this.readings.readings(), nowNs)
    this.#firing = this.#hysteresis.firing()
    for (const receiver of this.#receivers) receiver.onAlerts?.(this.rule, changed, this.#firing)
    this.#tell(this.#group.update(changed, { firing: this.#firing, beyond: this.#beyond, nowNs }))
  }

  #tell(message: AlertMessage | undefined): void {
    if (message) for (const receiver of this.#receivers) receiver.onMessage?.(message)
  }

  flush(nowNs: number): void {
    this.#tell(this.#group.flush(this.#firing, this.#beyond, nowNs))
  }

  notice(): string | undefined {
    return this.#beyond === 0 ? undefined : `rule '${this.rule.name}' has more subjects than it can follow`
  }
}
