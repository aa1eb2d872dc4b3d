import { alertMessageJson, alertMessageText } from '../export/alert-message.ts'
import { alertmanagerHoldMs, ruleAlertmanagerJson, type AlertScene } from '../export/alertmanager.ts'
import { printable } from '../lib/printable.ts'
import type { AlertMessage, AlertRule, RuleAlert } from '../model/alert-rule.ts'
import type { AlertReceiver } from '../model/alert-settings.ts'
import { Webhook, type WebhookOptions, type WebhookTally } from './webhook.ts'

/** Says a line to whoever looks at the agent; fields are what scripts look for. */
export type TellAlert = (line: string, fields: Readonly<Record<string, unknown>>) => void

/** Where alerts are told. Nobody waits for it, and nothing throws. */
export interface Receiver {
  readonly name: string
  /** Also by rules that do not name it. */
  readonly hearsFindings: boolean
  /** A message about many alerts of one rule. */
  onMessage?(message: AlertMessage): void
  /** Each second: the alerts of a rule that have just fired or ended, and all that fire. */
  onAlerts?(rule: AlertRule, changed: readonly RuleAlert[], firing: readonly RuleAlert[]): void
  /** What keeps it from telling; undefined: nothing. */
  notice?(): string | undefined
  tally?(): WebhookTally
  close?(graceMs: number): Promise<unknown>
}

export interface ReceiverSurroundings {
  tell: TellAlert
  /** As it is now. */
  scene: () => AlertScene
  /** For receivers over HTTP. */
  delivery: WebhookOptions
}

export function receiverOf(receiver: AlertReceiver, { tell, scene, delivery }: ReceiverSurroundings): Receiver {
  if (receiver.kind === 'terminal') return new TerminalReceiver(receiver.name, tell)
  const { name, kind, url, headers } = receiver
  const options = { ...delivery, attempts: Infinity, headers }
  if (kind === 'webhook') return new WebhookReceiver(name, new Webhook(url, options), scene)
  return new AlertmanagerReceiver(name, new Webhook(alertsUrl(url), options), scene)
}

/** Of Alertmanager's API, which may be below a path. */
function alertsUrl(base: URL): URL {
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v2/alerts`
  return url
}

class TerminalReceiver implements Receiver {
  readonly name: string
  /** The agent tells them there by itself, with their evidence. */
  readonly hearsFindings = false
  readonly #tell: TellAlert

  constructor(name: string, tell: TellAlert) {
    this.name = name
    this.#tell = tell
  }

  onMessage(message: AlertMessage): void {
    const { rule, firingCount, resolvedCount, beyond } = message
    const { name, kind, severity } = rule
    this.#tell(alertMessageText(message), {
      rule: name,
      kind,
      severity,
      firing: firingCount,
      resolved: resolvedCount,
      beyond,
    })
  }
}

/** What is told over HTTP, and how that goes. */
abstract class HttpReceiver implements Receiver {
  readonly name: string
  readonly hearsFindings = true
  protected readonly webhook: Webhook
  protected readonly scene: () => AlertScene

  constructor(name: string, webhook: Webhook, scene: () => AlertScene) {
    this.name = name
    this.webhook = webhook
    this.scene = scene
  }

  /** Of all that was lost, while something is the matter. */
  notice(): string | undefined {
    const { trouble } = this.webhook
    if (trouble === undefined) return undefined
    const { dropped, failed } = this.tally()
    const lost = dropped + failed
    const lostText = lost === 0 ? '' : `, ${lost} ${lost === 1 ? 'message was' : 'messages were'} given up`
    return `receiver '${printable(this.name)}' does not take alerts: ${printable(trouble)}${lostText}`
  }

  tally(): WebhookTally {
    return this.webhook.tally()
  }

  close(graceMs: number): Promise<unknown> {
    return this.webhook.close(graceMs)
  }
}

class WebhookReceiver extends HttpReceiver {
  onMessage(message: AlertMessage): void {
    this.webhook.post(alertMessageJson(message, this.scene()))
  }
}

/** What Alertmanager has to be told of a rule. */
interface RuleState {
  firing: readonly RuleAlert[]
  /** By subject; `takenMs`: when it first took it. */
  resolved: Map<string, { alert: RuleAlert; takenMs: number | undefined }>
  toldMs: number
}

/** Alertmanager gives an alert up that it hears nothing more of: told again well before. */
const repeatMs = alertmanagerHoldMs / 5
/** So many that are resolved are kept, of each rule. */
const maxResolved = 1000

/**
 * Tells Alertmanager, which groups and repeats by itself, how things are: at every change, and once a minute. An end that
 * lies in its future, as its clock is behind this one, it does not believe: ends are told again for some minutes.
 */
class AlertmanagerReceiver extends HttpReceiver {
  readonly #states = new Map<string, RuleState>()
  /** Ends that were not taken yet, and found no room. */
  #forgotten = 0

  onAlerts(rule: AlertRule, changed: readonly RuleAlert[], firing: readonly RuleAlert[]): void {
    const state = this.#states.get(rule.name) ?? { firing, resolved: new Map(), toldMs: 0 }
    this.#states.set(rule.name, state)
    state.firing = firing
    for (const alert of changed) this.#keep(state, alert)
    const { nowMs } = this.scene()
    const isRepeat = nowMs - state.toldMs >= repeatMs && firing.length + state.resolved.size > 0
    if (changed.length === 0 && !isRepeat) return
    state.toldMs = nowMs
    let told: readonly RuleAlert[] = []
    this.webhook.postLive({
      key: rule.name,
      content: () => {
        told = [...[...state.resolved.values()].map(({ alert }) => alert), ...state.firing]
        return told.length === 0 ? undefined : ruleAlertmanagerJson(rule, told, this.scene())
      },
      onTaken: () => this.#taken(state, told),
    })
  }

  #keep({ resolved }: RuleState, alert: RuleAlert): void {
    resolved.delete(alert.key)
    if (alert.state !== 'resolved') return
    resolved.set(alert.key, { alert, takenMs: undefined })
    if (resolved.size <= maxResolved) return
    const [oldest] = resolved
    if (!oldest) return
    resolved.delete(oldest[0])
    if (oldest[1].takenMs === undefined) this.#forgotten++
  }

  #taken({ resolved }: RuleState, told: readonly RuleAlert[]): void {
    const { nowMs } = this.scene()
    for (const alert of told) {
      const kept = resolved.get(alert.key)
      if (kept?.alert !== alert) continue
      kept.takenMs ??= nowMs
      if (nowMs - kept.takenMs >= alertmanagerHoldMs) resolved.delete(alert.key)
    }
  }

  override tally(): WebhookTally {
    const tally = super.tally()
    return { ...tally, dropped: tally.dropped + this.#forgotten }
  }
}
