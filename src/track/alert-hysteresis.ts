import type { Alert, AlertReading } from '../model/alert.ts'

export interface HysteresisOptions {
  /** A value over it is bad. */
  threshold: number
  /** How long a value has to be bad, reading after reading, before the alert fires. */
  forNs?: number
  /** How long it has to be good, before the alert is resolved. */
  resolveAfterNs: number
  /** Below this share of the threshold a value is good again. */
  resolveShare?: number
  /** What a subject without a reading has: its alert `ends` at once, or counts as one whose value `isGood`. */
  missing?: 'ends' | 'isGood'
  /** So many are followed at the same time; those beyond are counted. */
  maxSubjects?: number
}

/** One that is bad, or was a while ago. */
interface Followed<Subject> {
  alert: Alert<Subject>
  isFiring: boolean
  /** Since when every reading was good. */
  goodSinceNs: number | undefined
}

/**
 * Alerts on values with a threshold. One fires when its value was over the threshold for a while, and is resolved when it
 * was well below it for a while: between the two nothing changes.
 */
export class AlertHysteresis<Subject> {
  readonly #options: Required<HysteresisOptions>
  readonly #followed = new Map<string, Followed<Subject>>()
  #beyond = 0

  constructor(options: HysteresisOptions) {
    this.#options = { forNs: 0, resolveShare: 0.8, missing: 'isGood', maxSubjects: Infinity, ...options }
  }

  /** How many were over the threshold at the last readings, and are not followed. */
  get beyond(): number {
    return this.#beyond
  }

  /**
   * @param readings of every subject that has a value now
   * @returns the alerts that fire or ended with them, those that ended first
   */
  judge(readings: readonly AlertReading<Subject>[], nowNs: number): Alert<Subject>[] {
    const read = new Map(readings.map((reading) => [reading.key, reading]))
    const resolved = [...this.#followed].flatMap(([key, followed]) => {
      const reading = read.get(key)
      if (!this.#hasEnded(followed, reading, nowNs)) return []
      this.#followed.delete(key)
      if (!followed.isFiring) return []
      return [{ ...followed.alert, state: 'resolved' as const, changedNs: nowNs, value: reading?.value }]
    })
    this.#beyond = 0
    return [...resolved, ...readings.flatMap((reading) => this.#fired(reading, nowNs))]
  }

  #hasEnded(followed: Followed<Subject>, reading: AlertReading<Subject> | undefined, nowNs: number): boolean {
    const { threshold, resolveShare, resolveAfterNs, missing } = this.#options
    if (!reading && missing === 'ends') return true
    const value = reading?.value
    followed.alert.value = value
    if (!followed.isFiring) return value === undefined || value <= threshold
    followed.alert.worst = Math.max(followed.alert.worst, value ?? -Infinity)
    if (value !== undefined && value > 0 && value >= resolveShare * threshold) {
      followed.goodSinceNs = undefined
      return false
    }
    followed.goodSinceNs ??= nowNs
    return nowNs - followed.goodSinceNs >= resolveAfterNs
  }

  /** The alert, if it fires with this reading. */
  #fired({ key, subject, value }: AlertReading<Subject>, nowNs: number): Alert<Subject>[] {
    const { threshold, forNs, maxSubjects } = this.#options
    if (value <= threshold) return []
    let followed = this.#followed.get(key)
    if (followed?.isFiring) return []
    if (!followed && this.#followed.size >= maxSubjects) {
      this.#beyond++
      return []
    }
    if (!followed) {
      const times = { startedNs: nowNs, changedNs: nowNs }
      const alert: Alert<Subject> = { state: 'firing', key, subject, threshold, ...times, value, worst: value }
      followed = { alert, isFiring: false, goodSinceNs: undefined }
      this.#followed.set(key, followed)
    }
    const { alert } = followed
    alert.worst = Math.max(alert.worst, value)
    if (nowNs - alert.startedNs < forNs) return []
    followed.isFiring = true
    Object.assign(alert, { subject, changedNs: nowNs })
    return [{ ...alert }]
  }

  /** The alerts that fire and have not ended, each with its latest value. */
  firing(): Alert<Subject>[] {
    return [...this.#followed.values()].filter(({ isFiring }) => isFiring).map(({ alert }) => ({ ...alert }))
  }
}
