interface Entry<T> {
  a: number
  b: number
  c: number
  d: number
  value: T
}

/**
 * What 16 bytes stand for, computed once for each distinct 16 bytes: a lookup by four machine words is an order of
 * magnitude cheaper than making a string. Bounded: it forgets everything when it is full.
 */
export class InternTable<T> {
  readonly #entries = new Map<number, Entry<T>>()
  readonly #maxEntries: number
  readonly #make: (bytes: Uint8Array) => T

  constructor(maxEntries: number, make: (bytes: Uint8Array) => T) {
    this.#maxEntries = maxEntries
    this.#make = make
  }

  read(view: DataView, offset: number): T {
    const a = view.getUint32(offset, true)
    const b = view.getUint32(offset + 4, true)
    const c = view.getUint32(offset + 8, true)
    const d = view.getUint32(offset + 12, true)
    const key = a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca77) ^ Math.imul(d, 0xc2b2ae3d)
    const found = this.#entries.get(key)
    if (found && found.a === a && found.b === b && found.c === c && found.d === d) return found.value
    const value = this.#make(new Uint8Array(view.buffer, view.byteOffset + offset, 16))
    if (this.#entries.size >= this.#maxEntries) this.#entries.clear()
    this.#entries.set(key, { a, b, c, d, value })
    return value
  }
}
