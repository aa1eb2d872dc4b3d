import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { OtlpSignal } from '../../config/sections/otlp.ts'
import { decodeAnswer } from '../../export/otlp/answer.ts'
import {
  maxAnswerBytes,
  strangersText,
  type OtlpTransport,
  type SendResult,
  type TransportOptions,
} from './otlp-transport.ts'

const compress = promisify(gzip)

/** Those that OTLP allows to be tried again; 500 is none of them. */
const passing = new Set([429, 502, 503, 504])

/**
 * OTLP over HTTP, in protobuf. Each request has a connection of its own: none stays open between them, and the next one asks
 * for the address again. Redirects are not followed: headers with a secret would go to who knows whom.
 */
export class HttpTransport implements OtlpTransport {
  readonly #options: TransportOptions
  readonly #underWay = new Set<() => void>()
  #isClosed = false

  constructor(options: TransportOptions) {
    this.#options = options
  }

  async send(signal: OtlpSignal, body: Uint8Array<ArrayBuffer>): Promise<SendResult> {
    const { isCompressed, headers, userAgent } = this.#options
    const bytes = isCompressed ? await compress(body) : body
    if (this.#isClosed) return { outcome: 'retry', reason: 'wirelag ends' }
    return this.#post(signal, bytes, {
      ...headers,
      'content-type': 'application/x-protobuf',
      'content-length': String(bytes.length),
      ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
      'user-agent': userAgent,
    })
  }

  #post(signal: OtlpSignal, body: Uint8Array, headers: Record<string, string>): Promise<SendResult> {
    const { endpoint, timeoutMs } = this.#options
    const { promise, resolve } = Promise.withResolvers<SendResult>()
    const url = new URL(`${endpoint.pathname.replace(/\/+$/, '')}/v1/${signal}`, endpoint)
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const request = send(url, { method: 'POST', headers, agent: false })
    const end = (result: SendResult): void => {
      clearTimeout(timer)
      this.#underWay.delete(abort)
      resolve(result)
      request.destroy()
    }
    const abort = (): void => end({ outcome: 'retry', reason: 'wirelag ends' })
    // Of the whole: an answer that comes byte by byte keeps no timeout of the socket.
    const timer = setTimeout(() => end({ outcome: 'retry', reason: `no answer within ${timeoutMs} ms` }), timeoutMs)
    this.#underWay.add(abort)
    // Stays: what goes wrong after the end is nobody's concern, but must find a listener.
    request.on('error', (error: NodeJS.ErrnoException) =>
      end({ outcome: 'retry', reason: error.code ?? strangersText(error.message, this.#options.headers) }),
    )
    request.on('response', (response) => {
      void readAnswer(response).then((answer) => end(this.#judge(response, answer)))
    })
    request.end(body)
    return promise
  }

  #judge(response: IncomingMessage, answer: Buffer): SendResult {
    const { statusCode = 0, headers } = response
    if (statusCode >= 200 && statusCode < 300) return this.#taken(headers['content-type'], answer)
    const reason = this.#reasonOf(response, answer)
    if (!passing.has(statusCode)) return { outcome: 'refused', reason }
    return { outcome: 'retry', reason, retryAfterMs: parseRetryAfterMs(headers['retry-after'], Date.now()) }
  }

  #taken(contentType: string | undefined, answer: Buffer): SendResult {
    const all: SendResult = { outcome: 'taken', rejected: 0, message: '' }
    if (!contentType?.startsWith('application/x-protobuf')) return all
    try {
      const { rejected, message } = decodeAnswer(answer)
      return { outcome: 'taken', rejected, message: strangersText(message, this.#options.headers) }
    } catch {
      return all
    }
  }

  #reasonOf({ statusCode = 0, headers }: IncomingMessage, answer: Buffer): string {
    const secrets = this.#options.headers
    if (headers.location !== undefined)
      return `HTTP ${statusCode}, a redirect to ${strangersText(headers.location, secrets)}, which is not followed`
    const isText = headers['content-type']?.startsWith('text/plain') ?? false
    const text = isText ? strangersText(answer.toString(), secrets) : ''
    return text === '' ? `HTTP ${statusCode}` : `HTTP ${statusCode}: ${text}`
  }

  close(): void {
    this.#isClosed = true
    for (const abort of this.#underWay) abort()
  }
}

/** What came until its end, until it is cut off, or until it is too much. */
function readAnswer(response: IncomingMessage): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let length = 0
  const end = (): void => resolve(Buffer.concat(chunks))
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length > maxAnswerBytes) end()
  })
  response.on('end', end)
  response.on('error', end)
  response.on('close', end)
  return promise
}

/** Of a `Retry-After`: seconds, or a date; undefined where it is neither. */
export function parseRetryAfterMs(text: string | undefined, nowUnixMs: number): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const unixMs = Date.parse(text)
  return Number.isNaN(unixMs) ? undefined : Math.max(0, unixMs - nowUnixMs)
}
