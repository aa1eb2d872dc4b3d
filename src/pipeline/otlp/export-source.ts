import type { OtlpSignal } from '../../config/sections/otlp.ts'
import type { SendResult } from './otlp-transport.ts'

/** What an export lane sends. */
export interface ExportSource {
  readonly signal: OtlpSignal
  /** Exports, or records, that never arrived. */
  readonly dropped: number
  /** More waits than went with the last request. */
  readonly hasMore: boolean
  /**
   * What is to be sent now; undefined: nothing.
   *
   * @param evenIfEmpty something is wanted in any case, to see whether the receiver takes it
   */
  request(evenIfEmpty: boolean): Uint8Array<ArrayBuffer> | undefined
  /** What became of the last request. */
  settle(result: SendResult): void
}
