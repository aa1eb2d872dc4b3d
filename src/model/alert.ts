/** What a threshold is held against. */
export interface AlertReading<Subject> {
  /** The same for the same subject, reading after reading. */
  key: string
  subject: Subject
  valueNs: number
}

/** A subject whose value passed the threshold. */
export interface Alert<Subject> {
  state: 'firing' | 'resolved'
  /** As it was when the alert began. */
  subject: Subject
  thresholdNs: number
  startedNs: number
  /** When it came to its state. */
  changedNs: number
  /** The latest; undefined where there was nothing left to measure. */
  valueNs: number | undefined
  /** The greatest since it began. */
  worstNs: number
}
