/** What is older than the window is told from so many points in it. */
const pointsInWindow = 60

/** How a number moved in the last window of time. */
export class CountSeries {
  readonly #windowNs: number
  /** The oldest first: it is at least a window old, once that much is known. */
  #points: { timeNs: number; count: number }[]
  #last: { timeNs: number; count: number }

  constructor(windowNs: number, timeNs: number, count: number) {
    this.#windowNs = windowNs
    this.#last = { timeNs, count }
    this.#points = [this.#last]
  }

  get count(): number {
    return this.#last.count
  }

  add(timeNs: number, count: number): void {
    this.#last = { timeNs, count }
    const newest = this.#points.at(-1)
    if (!newest || timeNs - newest.timeNs >= this.#windowNs / pointsInWindow) this.#points.push(this.#last)
    while (this.#points[1] && this.#points[1].timeNs <= timeNs - this.#windowNs) this.#points.shift()
  }

  /** By how much it is more than a window ago, or than it was first. */
  get growth(): number {
    return this.#last.count - (this.#points[0]?.count ?? 0)
  }

  /** Whether a whole window is known. */
  get isWhole(): boolean {
    return this.#last.timeNs - (this.#points[0]?.timeNs ?? Infinity) >= this.#windowNs
  }
}
