import type { ChangeSubject, ChangeUnit } from '../model/change.ts'

/** A figure at one time. */
export interface Figure {
  subject: ChangeSubject
  measure: string
  unit: ChangeUnit
  value: number
  /** Undefined: it counts as it is. */
  samples: number | undefined
}
