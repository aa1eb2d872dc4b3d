import { native, type NativeBpfObject } from './native.ts'

/** How long a step of the wall clock may go unnoticed. */
const refreshMs = 1000

/**
 * Has the kernel note on each packet when it came in, by the wall clock, and tells the programs how that clock stands to
 * theirs. It costs every packet of the host one reading of the clock, so it is on only while pickups are watched.
 */
export class PacketClock {
  readonly #object: NativeBpfObject
  readonly #endTimestamps: () => void
  readonly #timer: NodeJS.Timeout

  constructor(object: NativeBpfObject) {
    this.#object = object
    this.#endTimestamps = native().requestPacketTimestamps()
    this.#refresh()
    this.#timer = setInterval(() => this.#refresh(), refreshMs).unref()
  }

  #refresh(): void {
    const offset = BigInt64Array.of(native().realtimeOffsetNs())
    this.#object.update('realtime_offset', new Uint8Array(4), new Uint8Array(offset.buffer))
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#endTimestamps()
  }
}
