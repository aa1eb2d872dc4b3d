import type { PendingEvent } from '../model/connection-event.ts'

/**
 * Connects whose SYN has had no answer yet, so that those over a threshold can be told while they still wait.
 * Bounded: beyond `maxEntries` a connect is not watched, and counted in `unwatched`.
 */
export class PendingConnects {
  unwatched = 0
  readonly #thresholdNs: number
  readonly #maxEntries: number
  /** In the order of their SYNs, so the first is the next to be due. */
  readonly #waiting = new Map<number, PendingEvent>()

  constructor(thresholdNs: number, maxEntries = 65_536) {
    this.#thresholdNs = thresholdNs
    this.#maxEntries = maxEntries
  }

  begin(event: PendingEvent): void {
    if (this.#waiting.size >= this.#maxEntries) this.unwatched++
    else this.#waiting.set(event.connectionId, event)
  }

  /** The connect was answered, or has failed. */
  end(connectionId: number): void {
    this.#waiting.delete(connectionId)
  }

  /** When, after the epoch, the next is due; undefined when none waits. */
  nextDueNs(): number | undefined {
    const first = this.#waiting.values().next()
    return first.done ? undefined : first.value.timeNs + this.#thresholdNs
  }

  /** Takes those that have waited longer than the threshold at `nowNs`; each is told once. */
  takeDue(nowNs: number): PendingEvent[] {
    const due: PendingEvent[] = []
    for (const event of this.#waiting.values()) {
      if (nowNs - event.timeNs <= this.#thresholdNs) break
      this.#waiting.delete(event.connectionId)
      due.push({ ...event, waitedNs: nowNs - event.timeNs })
    }
    return due
  }
}
