import { Resolver } from 'node:dns/promises'

interface Known {
  /** Undefined: it has none, or nobody answered. */
  name: string | undefined
  untilMs: number
}

const maxNames = 4096
const maxAtOnce = 8
const maxWaiting = 256
const goodMs = 10 * 60_000
/** Of an address without a name, or whose server did not answer. */
const noneMs = 60_000
const timeoutMs = 2000

/**
 * Names of addresses, by reverse lookups in the background: an address has none until it was looked up. Bounded: what was
 * asked for longest ago is forgotten, and what would wait behind 256 others is not asked for.
 */
export class ReverseNames {
  readonly #resolver = new Resolver({ timeout: timeoutMs, tries: 1 })
  /** The one that was needed longest ago first. */
  readonly #known = new Map<string, Known>()
  readonly #waiting = new Set<string>()
  readonly #asked = new Set<string>()

  /** @param servers `ADDRESS:PORT`, instead of those of the host */
  constructor(servers?: readonly string[]) {
    if (servers) this.#resolver.setServers(servers)
  }

  /** Undefined: none, or not known yet. */
  nameOf(address: string): string | undefined {
    const known = this.#known.get(address)
    if (known) {
      this.#known.delete(address)
      this.#known.set(address, known)
    }
    const isDue = (!known || known.untilMs < performance.now()) && !this.#asked.has(address)
    if (isDue && this.#waiting.size < maxWaiting && hasMeaning(address)) {
      this.#waiting.add(address)
      this.#askNext()
    }
    return known?.name
  }

  #askNext(): void {
    if (this.#asked.size >= maxAtOnce) return
    const address = this.#waiting.values().next().value
    if (address === undefined) return
    this.#waiting.delete(address)
    this.#asked.add(address)
    void this.#ask(address)
  }

  async #ask(address: string): Promise<void> {
    const name = await this.#resolver.reverse(address).then(
      ([first]) => first,
      () => undefined,
    )
    this.#asked.delete(address)
    this.#known.set(address, { name, untilMs: performance.now() + (name === undefined ? noneMs : goodMs) })
    if (this.#known.size > maxNames) this.#known.delete(this.#known.keys().next().value ?? '')
    this.#askNext()
  }

  /** Gives up what is under way. */
  close(): void {
    this.#waiting.clear()
    this.#resolver.cancel()
  }
}

function hasMeaning(address: string): boolean {
  return address !== '0.0.0.0' && address !== '::' && address !== ''
}
