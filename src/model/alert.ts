/** What a threshold is held against. */
export interface AlertReading<Subject> {
  /** The same for the same subject, reading after reading. */
  key: string
  subject: Subject
  /** In the unit of the threshold: nanoseconds, sockets, a share. */
  value: number
}

/** A subject whose value passed the threshold. */
export interface Alert<Subject> {
  state: 'firing' | 'resolved'
  key: string
  /** As it was when the alert fired. */
  subject: Subject
  threshold: number
  /** Since when the value was over it. */
  startedNs: number
  /** When it came to its state. */
  changedNs: number
  /** The latest; undefined where there was nothing left to measure. */
  value: number | undefined
  /** The greatest since it began. */
  worst: number
}
