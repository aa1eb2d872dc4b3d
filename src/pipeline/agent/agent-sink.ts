import type { Book } from '../../model/book.ts'
import type { EdgeActivity } from '../../model/edge.ts'
import type { Diagnosis } from '../../model/finding.ts'
import type { Survey } from '../../model/host-facts.ts'
import type { Incident } from '../../model/incident.ts'
import type { Observation, StateCount } from '../../model/observation.ts'

/** What the agent saw in the last second. */
export interface AgentSecond {
  /** Its end, in milliseconds since 1970. */
  unixMs: number
  spanMs: number
  /** What each edge did in it. */
  activities: readonly EdgeActivity[]
  /** All TCP sockets now, by state and owner; undefined: not counted anew, the last ones hold. */
  states: readonly Omit<StateCount, 'before'>[] | undefined
  /** What took long or failed in it. */
  incidents: readonly Incident[]
  /** Since the agent's start. */
  books: readonly Book[]
}

/** What the agent saw in one step of 10 s. */
export interface AgentStep {
  startUnixMs: number
  spanMs: number
  /** Of this step; times in it are nanoseconds after the step's begin. */
  observation: Observation
  /** Of the last minute. */
  diagnosis: Diagnosis
  /** From when the times of findings count. */
  diagnosedFromUnixMs?: number
  /** At its end; undefined: it could not be read. */
  survey: Survey | undefined
  /** Books of this step alone. */
  books: readonly Book[]
}

/** Takes what the agent sees. What it throws is told on the terminal, and stops nobody else. */
export interface AgentSink {
  /** For messages and metrics: `recorder`, `otlp` … */
  readonly name: string
  onSecond?(second: AgentSecond): void
  onStep?(step: AgentStep): void
  /** What it has to say of itself now: `history paused: the disk is full`. Undefined: all is well. */
  notice?(): string | undefined
  /** Brings what it still holds to its end; at most for some seconds. */
  close?(): Promise<void>
}
