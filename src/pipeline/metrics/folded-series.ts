/** Beyond so many, those that were noted are forgotten, and count again when they come again. */
const maxNoted = 16_384

/** Counts points that found no room, each once. Bounded: it keeps a number for each. */
export class FoldedSeries {
  readonly #noted = new Set<number>()
  count = 0

  note(key: string): void {
    const hash = hashOf(key)
    if (this.#noted.has(hash)) return
    if (this.#noted.size >= maxNoted) this.#noted.clear()
    this.#noted.add(hash)
    this.count++
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}
