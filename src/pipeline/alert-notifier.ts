import { hostname } from 'node:os'
import { alertmanagerHoldMs, alertmanagerJson } from '../export/alertmanager.ts'
import { sendAlertJson } from '../export/send-activity-json.ts'
import type { Alert } from '../model/alert.ts'
import type { SendActivity } from '../model/send-activity.ts'
import type { Webhook, WebhookTally } from './webhook.ts'

export const webhookFormats = ['json', 'alertmanager'] as const
export type WebhookFormat = (typeof webhookFormats)[number]

/** Alertmanager gives an alert up that it hears nothing more of: told again well before. */
const repeatNs = (alertmanagerHoldMs / 5) * 1e6

/** Where the alerts' times are told. */
interface Clock {
  now(): number
  unixNs(timeNs: number): bigint
}

/** Tells a webhook of alerts, in the format that it understands. */
export class AlertNotifier {
  readonly #webhook: Webhook
  readonly #format: WebhookFormat
  readonly #windowNs: number
  #toldNs = 0

  constructor(options: { webhook: Webhook; format: WebhookFormat; windowNs: number }) {
    this.#webhook = options.webhook
    this.#format = options.format
    this.#windowNs = options.windowNs
  }

  /**
   * To be called at every interval.
   *
   * @param changed alerts that have just begun or ended
   * @param firing all that fire
   */
  notify(changed: readonly Alert<SendActivity>[], firing: readonly Alert<SendActivity>[], clock: Clock): void {
    if (this.#format === 'json') {
      for (const alert of changed)
        this.#webhook.post(sendAlertJson(alert, this.#windowNs, clock.unixNs(alert.changedNs)))
    } else if (changed.length > 0 || clock.now() - this.#toldNs >= repeatNs) {
      this.#toldNs = clock.now()
      this.#tellAlertmanager([...changed.filter(({ state }) => state === 'resolved'), ...firing], clock)
    }
  }

  #tellAlertmanager(alerts: readonly Alert<SendActivity>[], clock: Clock): void {
    if (alerts.length === 0) return
    const unixMs = (timeNs: number): number => Number(clock.unixNs(timeNs) / 1_000_000n)
    this.#webhook.post(alertmanagerJson(alerts, { host: hostname(), nowMs: unixMs(clock.now()), unixMs }))
  }

  /** Waits up to `graceMs` for the last messages. */
  close(graceMs: number): Promise<WebhookTally> {
    return this.#webhook.close(graceMs)
  }
}
