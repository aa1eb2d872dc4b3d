import type { Alert, AlertReading } from '../model/alert.ts'

/** Below this share of the threshold a value counts as good again. */
const goodShare = 0.8

interface Firing<Subject> {
  alert: Alert<Subject>
  /** Since when every reading was good. */
  goodSinceNs: number | undefined
}

/**
 * Alerts on values over a window of time. One begins when a value is over the threshold, and ends when it has been
 * below 80 % of it for a whole window, or the subject has no value any more.
 */
export class ThresholdAlerts<Subject> {
  readonly #thresholdNs: number
  readonly #windowNs: number
  readonly #now: () => number
  /** Not more than the readings of one time: who is missing there has ended. */
  readonly #firing = new Map<string, Firing<Subject>>()

  constructor(options: { thresholdNs: number; windowNs: number; now: () => number }) {
    this.#thresholdNs = options.thresholdNs
    this.#windowNs = options.windowNs
    this.#now = options.now
  }

  /**
   * @param readings of every subject that has a value now
   * @returns the alerts that began or ended with them, those that ended first
   */
  judge(readings: readonly AlertReading<Subject>[]): Alert<Subject>[] {
    const nowNs = this.#now()
    const read = new Map(readings.map((reading) => [reading.key, reading]))
    const resolved = [...this.#firing].flatMap(([key, firing]) => {
      if (!this.#hasEnded(firing, read.get(key), nowNs)) return []
      this.#firing.delete(key)
      const valueNs = read.get(key)?.valueNs
      return [{ ...firing.alert, state: 'resolved' as const, changedNs: nowNs, valueNs }]
    })
    const begun = readings.flatMap(({ key, subject, valueNs }) => {
      if (valueNs <= this.#thresholdNs || this.#firing.has(key)) return []
      const alert: Alert<Subject> = {
        state: 'firing',
        subject,
        thresholdNs: this.#thresholdNs,
        startedNs: nowNs,
        changedNs: nowNs,
        valueNs,
        worstNs: valueNs,
      }
      this.#firing.set(key, { alert, goodSinceNs: undefined })
      return [{ ...alert }]
    })
    return [...resolved, ...begun]
  }

  #hasEnded(firing: Firing<Subject>, reading: AlertReading<Subject> | undefined, nowNs: number): boolean {
    if (!reading) return true
    firing.alert.valueNs = reading.valueNs
    firing.alert.worstNs = Math.max(firing.alert.worstNs, reading.valueNs)
    if (reading.valueNs >= goodShare * this.#thresholdNs) {
      firing.goodSinceNs = undefined
      return false
    }
    firing.goodSinceNs ??= nowNs
    return nowNs - firing.goodSinceNs >= this.#windowNs
  }

  /** The alerts that have begun and not ended, each with its latest value. */
  firing(): Alert<Subject>[] {
    return [...this.#firing.values()].map(({ alert }) => ({ ...alert }))
  }
}
