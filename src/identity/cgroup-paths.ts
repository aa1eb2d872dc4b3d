import { RecentMap } from '../lib/recent-map.ts'

/**
 * Paths of cgroups by their ids. The kernel tells of each that is made or removed; those that were there before are
 * asked for. Of one that is gone the path is kept until `maxPaths` others were needed: ids are never used again.
 */
export class CgroupPaths {
  readonly #ask: (id: number) => string | undefined
  readonly #paths: RecentMap<number, string>

  /** @param ask looks for the folder of a cgroup that is there */
  constructor(ask: (id: number) => string | undefined, maxPaths = 16_384) {
    this.#ask = ask
    this.#paths = new RecentMap({ maxEntries: maxPaths })
  }

  /** Notes the path of a cgroup. */
  note(id: number, path: string): void {
    this.#paths.set(id, path)
  }

  /** Undefined: gone before anybody asked, or not ours to see. */
  pathOf(id: number): string | undefined {
    const known = this.#paths.get(id)
    if (known !== undefined) return known
    const path = this.#ask(id)
    if (path !== undefined) this.note(id, path)
    return path
  }
}
