import type { SignalStatus } from '../../kernel/hook-choice.ts'
import type { Book } from '../../model/book.ts'
import type { EdgeActivity } from '../../model/edge.ts'
import type { Observation } from '../../model/observation.ts'
import type { ConnectionRoles } from '../../track/observed.ts'
import { bookChanges } from '../../track/book-changes.ts'
import { EdgeSums } from '../../track/edge-sums.ts'
import { Observer, type Snapshot } from '../observer.ts'

/** What a step of the agent's time gathers, from its first second to its last. */
export class StepObservation {
  readonly startNs: number
  readonly observer: Observer
  readonly #before: Snapshot
  readonly #booksBefore: readonly Book[]
  readonly #edges = new EdgeSums()

  /** @param startNs nanoseconds after the session's epoch */
  constructor(startNs: number, before: Snapshot, books: readonly Book[], roles: ConnectionRoles) {
    this.startNs = startNs
    this.#before = before
    this.#booksBefore = books
    this.observer = new Observer(roles)
  }

  add(activities: readonly EdgeActivity[], nowNs: number): void {
    this.#edges.add(activities)
    this.observer.addHarvest(activities, nowNs)
  }

  /** @returns what was seen; times in it are nanoseconds after the session's epoch */
  end(
    nowNs: number,
    now: Snapshot,
    books: readonly Book[],
    signals: readonly SignalStatus[],
  ): { observation: Observation; books: Book[] } {
    const spanNs = nowNs - this.startNs
    const observation = this.observer.observation(this.#edges.take(), spanNs, this.#before, now, () => true, signals)
    return { observation, books: bookChanges(this.#booksBefore, books) }
  }
}
