import type { OtlpSignal } from '../../config/sections/otlp.ts'
import { printable } from '../../lib/printable.ts'

/** What became of a request: `retry`, it may be taken later; `refused`, the same would be refused again. */
export type SendResult =
  | { outcome: 'taken'; rejected: number; message: string }
  | { outcome: 'retry' | 'refused'; reason: string; retryAfterMs?: number | undefined }

/** The way to a receiver. */
export interface OtlpTransport {
  /** Always answers, within the timeout; never throws. */
  send(signal: OtlpSignal, body: Uint8Array<ArrayBuffer>): Promise<SendResult>
  /** Ends what is under way at once. */
  close(): void
}

export interface TransportOptions {
  endpoint: URL
  headers: Readonly<Record<string, string>>
  timeoutMs: number
  isCompressed: boolean
  userAgent: string
}

/** Of a receiver's answer so much is read. */
export const maxAnswerBytes = 64 * 1024

const maxTextLength = 120
/** What is shorter is no secret, and may be part of any word. */
const minSecretLength = 4

/** A receiver's own words, fit for a terminal: one line, not long, and without what the headers hold, should it echo them. */
export function strangersText(text: string, headers: Readonly<Record<string, string>>): string {
  const secrets = Object.values(headers).flatMap((value) => [value, ...value.split(/[\s:=,;]+/)])
  const kept = secrets
    .filter(({ length }) => length >= minSecretLength)
    .reduce((rest, secret) => rest.replaceAll(secret, '…'), text.trim().replace(/\n.*/s, ''))
  return printable(kept.length > maxTextLength ? `${kept.slice(0, maxTextLength)}…` : kept)
}
