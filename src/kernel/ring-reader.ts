import type { NativeRing } from './native.ts'

/** Where a batch of records goes: `view` holds whole records in its first `bytes`, valid only during the call. */
export type BatchHandler = (view: DataView, bytes: number) => void

const batchBytes = 1 << 20

/** How long the ring is left alone after it was read: records that come meanwhile are read at once, with one wake-up. */
const paceMs = 20

/**
 * Reads a ring as it fills. While it is empty, the reader sleeps until the kernel wakes it through the ring's file
 * descriptor; once woken, it reads by the clock until a round finds nothing. So a lone event is seen at once, and under
 * load there are at most 50 wake-ups a second, whatever the rate.
 */
export class RingReader {
  readonly #ring: NativeRing
  readonly #ringBytes: number
  readonly #maxRecordBytes: number
  readonly #onBatch: BatchHandler
  readonly #batch = new Uint8Array(batchBytes)
  readonly #view = new DataView(this.#batch.buffer)
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(ring: NativeRing, ringBytes: number, maxRecordBytes: number, onBatch: BatchHandler) {
    this.#ring = ring
    this.#ringBytes = ringBytes
    this.#maxRecordBytes = maxRecordBytes
    this.#onBatch = onBatch
    this.#sleep()
  }

  /** Reads all that is in the ring now; returns the bytes. */
  drain(): number {
    let total = 0
    for (;;) {
      const bytes = this.#ring.drain(this.#batch, this.#maxRecordBytes)
      if (bytes > 0) this.#onBatch(this.#view, bytes)
      total += bytes
      // A part batch means that the ring was empty; a ring's worth, that the producers are as fast as we are.
      if (bytes + this.#maxRecordBytes <= batchBytes || total >= this.#ringBytes) return total
    }
  }

  /** Ends the reading for good; what is in the ring stays for a last drain(). */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#ring.disarm()
  }

  #sleep(): void {
    this.#ring.arm(() => this.#round())
  }

  #round(): void {
    const bytes = this.drain()
    if (this.#isStopped) return
    if (bytes === 0) this.#sleep()
    else this.#timer = setTimeout(() => this.#round(), bytes > this.#ringBytes / 4 ? 0 : paceMs)
  }
}
