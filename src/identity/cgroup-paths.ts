/**
 * Paths of cgroups by their ids. The kernel tells of each that is made or removed; those that were there before are
 * asked for. Of one that is gone the path is kept until `maxPaths` others were needed: ids are never used again.
 */
export class CgroupPaths {
  readonly #ask: (id: number) => string | undefined
  readonly #maxPaths: number
  /** The one that was needed longest ago first. */
  readonly #paths = new Map<number, string>()

  /** @param ask looks for the folder of a cgroup that is there */
  constructor(ask: (id: number) => string | undefined, maxPaths = 16_384) {
    this.#ask = ask
    this.#maxPaths = maxPaths
  }

  /** Notes the path of a cgroup. */
  note(id: number, path: string): void {
    this.#paths.delete(id)
    this.#paths.set(id, path)
    if (this.#paths.size > this.#maxPaths) this.#paths.delete(this.#paths.keys().next().value ?? 0)
  }

  /** Undefined: gone before anybody asked, or not ours to see. */
  pathOf(id: number): string | undefined {
    const path = this.#paths.get(id) ?? this.#ask(id)
    if (path !== undefined) this.note(id, path)
    return path
  }
}
