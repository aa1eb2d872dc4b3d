import { encodeLogRecord, encodeLogs, type OtlpLogRecord } from '../../export/otlp/log-record.ts'
import type { OtlpSource } from '../../export/otlp/resource.ts'
import type { ExportSource } from './export-source.ts'
import type { SendResult } from './otlp-transport.ts'

/** Of records that wait, encoded. */
export const maxWaitingBytes = 1024 * 1024
const maxRequestBytes = 256 * 1024

/** Records that wait to be sent, the oldest first. Where too many wait, the oldest are dropped. */
export class LogSource implements ExportSource {
  readonly signal = 'logs'
  readonly #source: OtlpSource
  #waiting: Uint8Array<ArrayBuffer>[] = []
  #waitingBytes = 0
  /** Of the last request, until it is known what became of it. */
  #sending: Uint8Array<ArrayBuffer>[] = []
  dropped = 0

  constructor(source: OtlpSource) {
    this.#source = source
  }

  get waiting(): number {
    return this.#waiting.length + this.#sending.length
  }

  get hasMore(): boolean {
    return this.#waiting.length > 0
  }

  push(record: OtlpLogRecord, nowUnixMs: number): void {
    const bytes = encodeLogRecord(record, BigInt(Math.round(nowUnixMs)) * 1_000_000n)
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    while (this.#waitingBytes > maxWaitingBytes) {
      this.#waitingBytes -= this.#waiting.shift()?.length ?? 0
      this.dropped++
    }
  }

  request(evenIfEmpty: boolean): Uint8Array<ArrayBuffer> | undefined {
    if (this.#sending.length === 0) this.#sending = this.#take()
    return this.#sending.length > 0 || evenIfEmpty ? encodeLogs(this.#sending, this.#source) : undefined
  }

  #take(): Uint8Array<ArrayBuffer>[] {
    let bytes = 0
    let count = 0
    while (count < this.#waiting.length && bytes < maxRequestBytes) bytes += this.#waiting[count++]?.length ?? 0
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count)
  }

  /** What may be taken later is sent again. */
  settle(result: SendResult): void {
    if (result.outcome === 'retry') return
    this.dropped += result.outcome === 'taken' ? Math.min(result.rejected, this.#sending.length) : this.#sending.length
    this.#sending = []
  }

  /** Gives up what has not arrived. */
  discard(): void {
    this.dropped += this.waiting
    this.#waiting = []
    this.#sending = []
    this.#waitingBytes = 0
  }
}
