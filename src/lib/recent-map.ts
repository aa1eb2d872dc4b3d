interface Entry<Value> {
  value: Value
  usedMs: number
}

export interface RecentMapOptions {
  /** Beyond so many the one that was used longest ago is forgotten. */
  maxEntries: number
  /** Also forgotten is what was not used for so long; by default nothing is. */
  keptMs?: number
  /** Milliseconds of any clock that only goes forward. */
  now?: () => number
}

/** Remembers what was used lately: of work that comes and goes it holds as much as there is now, not all there ever was. */
export class RecentMap<Key, Value> {
  readonly #maxEntries: number
  readonly #keptMs: number
  readonly #now: () => number
  /** The one that was used longest ago first. */
  readonly #entries = new Map<Key, Entry<Value>>()

  constructor({ maxEntries, keptMs = Infinity, now = (): number => performance.now() }: RecentMapOptions) {
    this.#maxEntries = maxEntries
    this.#keptMs = keptMs
    this.#now = now
  }

  /** Counts as a use. */
  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    entry.usedMs = this.#now()
    return entry.value
  }

  set(key: Key, value: Value): void {
    const usedMs = this.#now()
    this.#entries.delete(key)
    this.#entries.set(key, { value, usedMs })
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#maxEntries && usedMs - entry.usedMs <= this.#keptMs) break
      this.#entries.delete(oldest)
    }
  }

  *values(): Generator<Value> {
    for (const { value } of this.#entries.values()) yield value
  }

  clear(): void {
    this.#entries.clear()
  }
}
