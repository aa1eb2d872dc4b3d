import type { Alert } from '../model/alert.ts'
import type { EdgeActivity } from '../model/edge.ts'
import { sendActivityKey, type SendActivity, type SendGrouping } from '../model/send-activity.ts'
import { EdgeWindow } from '../track/edge-window.ts'
import { sendActivities } from '../track/send-activities.ts'
import { AlertHysteresis } from '../track/alert-hysteresis.ts'

export interface SendMonitorOptions {
  grouping: SendGrouping
  windowNs: number
  intervalNs: number
  /** Of the p95 in the window; undefined: no alerts. */
  alertNs: number | undefined
  /** Nanoseconds after the epoch. */
  now: () => number
}

/** The sends of the last window, by process or service, and the alerts on them. */
export class SendMonitor {
  readonly #grouping: SendGrouping
  readonly #now: () => number
  readonly #window: EdgeWindow
  readonly #alerts: AlertHysteresis<SendActivity> | undefined

  constructor({ grouping, windowNs, intervalNs, alertNs, now }: SendMonitorOptions) {
    this.#grouping = grouping
    this.#now = now
    this.#window = new EdgeWindow({ startNs: now(), windowNs, stepNs: intervalNs })
    this.#alerts =
      alertNs === undefined
        ? undefined
        : new AlertHysteresis({ threshold: alertNs, resolveAfterNs: windowNs, missing: 'ends' })
  }

  /** Takes what a harvest brought. */
  add(activities: readonly EdgeActivity[]): void {
    this.#window.add(activities, this.#now())
  }

  /** What was sent in the window that ends with the last harvest. */
  current(): SendActivity[] {
    return this.summed(this.#window.activities())
  }

  /** What of these activities was sent. */
  summed(activities: readonly EdgeActivity[]): SendActivity[] {
    return sendActivities(activities, this.#grouping)
  }

  /** The alerts that began or ended with these sends of a window. */
  judge(sends: readonly SendActivity[]): Alert<SendActivity>[] {
    const readings = sends.map((subject) => ({
      key: sendActivityKey(subject),
      subject,
      value: subject.histogram.quantileNs(0.95) ?? 0,
    }))
    return this.#alerts?.judge(readings, this.#now()) ?? []
  }

  firing(): Alert<SendActivity>[] {
    return this.#alerts?.firing() ?? []
  }
}
