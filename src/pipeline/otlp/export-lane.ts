import type { ExportSource } from './export-source.ts'
import type { OtlpTransport, SendResult } from './otlp-transport.ts'

const firstBackoffMs = 1000
/** With a timeout of at most 10 s, what is back is found again within 30 s. */
const maxBackoffMs = 15_000
/** A receiver that asks to wait longer is asked again nevertheless: one request in that time does no harm. */
const maxRetryAfterMs = 30_000
/** Many hosts that lost one receiver do not come back all at once: waits are up to so much shorter or longer. */
const jitterShare = 0.2

export interface ExportLaneOptions {
  source: ExportSource
  transport: OtlpTransport
  intervalMs: number
  /** 0 to 1; for the tests. */
  random?: () => number
}

/** Sends one signal, a request at a time: at each interval, after failures at times further and further apart. */
export class ExportLane {
  readonly #options: Required<ExportLaneOptions>
  #timer: NodeJS.Timeout | undefined
  #turn: Promise<void> | undefined
  #isSending = false
  /** Something has happened since the last export began that should not wait. */
  #isHastened = false
  #failures = 0
  #trouble: string | undefined
  #isClosed = false

  constructor(options: ExportLaneOptions) {
    this.#options = { random: Math.random, ...options }
    // Not at once, and not all hosts that start together at the same moment.
    this.#schedule(options.intervalMs * this.#options.random())
  }

  /** Why it does not arrive, or not all of it; the same words as long as it lasts. Undefined: all is well. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** Sends what there is now, and not at the next interval; after a failure all stays as it is. */
  hasten(): void {
    this.#isHastened = true
    if (this.#isSending || this.#failures > 0) return
    clearTimeout(this.#timer)
    this.#schedule(0)
  }

  #schedule(delayMs: number): void {
    this.#isSending = false
    if (this.#isClosed) return
    const isUrgent = this.#isHastened && this.#failures === 0
    this.#timer = setTimeout(() => this.#begin(), isUrgent ? 0 : delayMs).unref()
  }

  #begin(): void {
    this.#isSending = true
    this.#isHastened = false
    this.#turn = this.#export().then((delayMs) => this.#schedule(delayMs))
  }

  /** @returns after how many milliseconds the next is due */
  async #export(): Promise<number> {
    const { source, transport, intervalMs } = this.#options
    const result = await this.#send(source, transport)
    if (!result) return intervalMs
    if (result.outcome === 'taken') {
      this.#failures = 0
      if (result.rejected === 0) this.#trouble = undefined
      else this.#trouble ??= `some of the ${source.signal} are rejected${result.message && `: ${result.message}`}`
      return source.hasMore ? 0 : intervalMs
    }
    this.#failures++
    this.#trouble ??= `${source.signal} do not arrive: ${result.reason}`
    return this.#backoffMs(result.retryAfterMs ?? 0)
  }

  async #send(source: ExportSource, transport: OtlpTransport): Promise<SendResult | undefined> {
    let body
    try {
      body = source.request(this.#failures > 0)
    } catch (error) {
      return { outcome: 'refused', reason: `they cannot be encoded: ${(error as Error).message}` }
    }
    if (!body) return undefined
    const result = await transport.send(source.signal, body)
    source.settle(result)
    return result
  }

  #backoffMs(retryAfterMs: number): number {
    const backoffMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** (this.#failures - 1))
    const jitter = 1 + jitterShare * (2 * this.#options.random() - 1)
    return Math.min(maxRetryAfterMs, Math.max(retryAfterMs, backoffMs * jitter))
  }

  /** Sends what there is yet, as long as it arrives, and then nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#turn
    for (let isMore = true; isMore && this.#failures === 0; isMore = this.#options.source.hasMore) await this.#export()
  }
}
