import { hostname } from 'node:os'
import type { AlertReceiver, AlertSettings } from '../model/alert-settings.ts'
import type { AgentSecond, AgentSink, AgentStep } from './agent/agent-sink.ts'
import { AlertClock } from './alert-clock.ts'
import { receiverOf, type Receiver, type TellAlert } from './alert-receivers.ts'
import { RuleRun } from './alert-run.ts'
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

/** For what is under way at the end. */
const graceMs = 2000

/** Judges by the rules what the agent sees, and tells receivers. */
export class Alerting implements AgentSink {
  readonly name = 'alerts'
  readonly #clock: AlertClock
  readonly #tell: TellAlert
  readonly #delivery: WebhookOptions
  /** By what the settings say of each, so that it is known again. */
  #receivers: ReadonlyMap<string, Receiver> = new Map()
  #runs: ReadonlyMap<string, RuleRun> = new Map()

  constructor({ settings, tell, host = hostname(), delivery = {} }: AlertingOptions) {
    this.#clock = new AlertClock(host)
    this.#tell = tell
    this.#delivery = delivery
    this.reconfigure(settings, host)
  }

  /**
   * Takes other settings. What stands in both goes on: what fires is not told again, what waits for a receiver still
   * does. What fires by a rule that is no more is told as resolved.
   */
  reconfigure(settings: AlertSettings, host: string): void {
    this.#clock.host = host
    const oldReceivers = this.#receivers
    const oldRuns = this.#runs
    const { groupWaitNs, groupIntervalNs, repeatNs } = settings
    const times = { groupWaitNs, groupIntervalNs, repeatNs }
    const receivers = new Map(
      settings.receivers.map((receiver) => {
        const key = JSON.stringify(receiver)
        return [key, oldReceivers.get(key) ?? this.#receiverOf(receiver)]
      }),
    )
    const runs = new Map(
      settings.rules.map((rule) => {
        const key = JSON.stringify({ rule, times })
        return [key, oldRuns.get(key) ?? new RuleRun(rule, times)]
      }),
    )
    for (const [key, run] of oldRuns) if (!runs.has(key)) run.end(this.#clock.timeNs)
    for (const [key, receiver] of oldReceivers) if (!receivers.has(key)) void receiver.close?.(graceMs)
    for (const run of runs.values()) run.tellTo([...receivers.values()])
    this.#receivers = receivers
    this.#runs = runs
  }

  #receiverOf(receiver: AlertReceiver): Receiver {
    return receiverOf(receiver, { tell: this.#tell, scene: () => this.#clock.scene(), delivery: this.#delivery })
  }

  onSecond(second: AgentSecond): void {
    this.#clock.add(second)
    for (const run of this.#runs.values()) {
      run.readings.onSecond?.(second, this.#clock.timeNs)
      run.judge(this.#clock.timeNs)
    }
  }

  onStep(step: AgentStep): void {
    for (const run of this.#runs.values()) {
      if (!run.readings.onStep) continue
      run.readings.onStep(step)
      run.judge(this.#clock.timeNs)
    }
  }

  /** How many alerts of each rule fire. */
  firing(): { rule: string; firing: number }[] {
    return [...this.#runs.values()].map(({ rule, firing }) => ({ rule: rule.name, firing }))
  }

  /** What became of the messages to each receiver over HTTP. */
  tallies(): (WebhookTally & { receiver: string })[] {
    return [...this.#receivers.values()].flatMap((receiver) => {
      const tally = receiver.tally?.()
      return tally ? [{ receiver: receiver.name, ...tally }] : []
    })
  }

  notice(): string | undefined {
    const parts = [...this.#receivers.values(), ...this.#runs.values()]
    const notices = parts.flatMap((part) => part.notice?.() ?? [])
    return notices.length === 0 ? undefined : `alerts: ${notices.join('; ')}`
  }

  async close(): Promise<void> {
    for (const run of this.#runs.values()) run.flush(this.#clock.timeNs)
    await Promise.all([...this.#receivers.values()].map(async (receiver) => receiver.close?.(graceMs)))
  }
}
