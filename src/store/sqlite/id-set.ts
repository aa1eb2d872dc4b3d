/** How many ids it tells apart: a mebibyte. */
const span = 8 << 20

/** A set of ids, a bit for each from the first on. Those outside of what it can hold count as in it. */
export class IdSet {
  readonly #firstId: number
  #bits = new Uint8Array(1024)

  constructor(firstId: number) {
    this.#firstId = firstId
  }

  add(id: number): void {
    const bit = id - this.#firstId
    if (bit < 0 || bit >= span) return
    const byte = bit >> 3
    if (byte >= this.#bits.length) this.#grow(byte + 1)
    this.#bits[byte]! |= 1 << (bit & 7)
  }

  #grow(bytes: number): void {
    const grown = new Uint8Array(Math.max(bytes, 2 * this.#bits.length))
    grown.set(this.#bits)
    this.#bits = grown
  }

  has(id: number): boolean {
    const bit = id - this.#firstId
    if (bit < 0 || bit >= span) return true
    return ((this.#bits[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0
  }
}
