import type { AlertReading } from '../model/alert.ts'
import type { AlertSubject } from '../model/alert-rule.ts'
import type { Book } from '../model/book.ts'
import type { Identity } from '../model/container.ts'
import type { EdgeActivity } from '../model/edge.ts'
import type { Finding } from '../model/finding.ts'
import type { Survey } from '../model/host-facts.ts'
import type { StateCount } from '../model/observation.ts'

/** What rules are told of a second. */
export interface SecondFacts {
  activities: readonly EdgeActivity[]
  /** Undefined: not counted anew. */
  states: readonly Omit<StateCount, 'before'>[] | undefined
  /** Since some begin that stays. */
  books: readonly Book[]
}

/** What rules are told of a step. */
export interface StepFacts {
  diagnosis: { findings: readonly Finding[] }
  /** Undefined: it could not be read. */
  survey: Survey | undefined
}

export type RuleReading = AlertReading<AlertSubject>

/** Whether somebody is among those whom a rule is about. */
export type IsWanted = (identity: Identity | undefined) => boolean

/** What a rule holds its threshold against. Times grow; where they begin is no matter. */
export interface RuleReadings {
  onSecond?(facts: SecondFacts, timeNs: number): void
  onStep?(facts: StepFacts): void
  /** Of every subject that has a value now. */
  readings(): RuleReading[]
  /** Subjects that were left out, as there are too many. */
  readonly beyond: number
}

/** So many subjects a rule tells apart. */
export const maxReadSubjects = 1000
