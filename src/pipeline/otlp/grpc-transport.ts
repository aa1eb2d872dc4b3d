import { connect, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { OtlpSignal } from '../../config/sections/otlp.ts'
import { decodeAnswer, decodeRetryDelayMs } from '../../export/otlp/answer.ts'
import { grpcMessage, messageOf, passes, statusNames } from './grpc-wire.ts'
import {
  maxAnswerBytes,
  strangersText,
  type OtlpTransport,
  type SendResult,
  type TransportOptions,
} from './otlp-transport.ts'

const compress = promisify(gzip)

const paths: Record<OtlpSignal, string> = {
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}

/** What a server has said when its stream is over. */
interface Spoken {
  headers: IncomingHttpHeaders
  trailers: IncomingHttpHeaders
  body: Buffer
}

/**
 * OTLP over gRPC: one call, over HTTP/2, in a connection of its own that is cut when the answer is there or too late. One that
 * stayed open, and whose other end went in silence, would be used until TCP gives up, a quarter of an hour later.
 */
export class GrpcTransport implements OtlpTransport {
  readonly #options: TransportOptions
  readonly #underWay = new Set<() => void>()
  #isClosed = false

  constructor(options: TransportOptions) {
    this.#options = options
  }

  async send(signal: OtlpSignal, body: Uint8Array<ArrayBuffer>): Promise<SendResult> {
    const { isCompressed, headers, timeoutMs, userAgent } = this.#options
    const message = grpcMessage(isCompressed ? await compress(body) : body, isCompressed)
    if (this.#isClosed) return { outcome: 'retry', reason: 'wirelag ends' }
    return this.#call(message, {
      ...headers,
      ':method': 'POST',
      ':path': paths[signal],
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': `${Math.round(timeoutMs)}m`,
      ...(isCompressed ? { 'grpc-encoding': 'gzip' } : {}),
      'user-agent': userAgent,
    })
  }

  #call(request: Buffer, headers: Record<string, string>): Promise<SendResult> {
    const { endpoint, timeoutMs } = this.#options
    const { promise, resolve } = Promise.withResolvers<SendResult>()
    const session = connect(endpoint.origin)
    const end = (result: SendResult): void => {
      clearTimeout(timer)
      this.#underWay.delete(abort)
      resolve(result)
      session.destroy()
    }
    const abort = (): void => end({ outcome: 'retry', reason: 'wirelag ends' })
    const timer = setTimeout(() => end({ outcome: 'retry', reason: `no answer within ${timeoutMs} ms` }), timeoutMs)
    const fail = (error: NodeJS.ErrnoException): void => {
      // A stream says only that it was cancelled; why stands in its cause.
      const { code, message } = error.cause instanceof Error ? (error.cause as NodeJS.ErrnoException) : error
      end({ outcome: 'retry', reason: code ?? strangersText(message, this.#options.headers) })
    }
    this.#underWay.add(abort)
    // Both stay: what goes wrong after the end is nobody's concern, but must find a listener.
    session.on('error', fail)
    const stream = session.request(headers)
    stream.on('error', fail)
    listen(stream, (spoken) => end(this.#judge(spoken)))
    stream.end(request)
    return promise
  }

  #judge({ headers, trailers, body }: Spoken): SendResult {
    const httpStatus = Number(headers[':status'] ?? 0)
    // Where there is no message, all is in the headers.
    const {
      'grpc-status': code,
      'grpc-message': text = '',
      'grpc-status-details-bin': details,
    } = { ...headers, ...trailers }
    if (code === undefined) {
      if (httpStatus === 200 || httpStatus === 0) return { outcome: 'retry', reason: 'the connection was cut' }
      return { outcome: [429, 502, 503, 504].includes(httpStatus) ? 'retry' : 'refused', reason: `HTTP ${httpStatus}` }
    }
    if (code === '0') return this.#taken(body)
    const retryAfterMs = retryDelayMs(String(details ?? ''))
    const words = strangersText(unescaped(String(text)), this.#options.headers)
    const reason = `gRPC ${statusNames[Number(code)] ?? Number(code)}${words && `: ${words}`}`
    return passes(Number(code), retryAfterMs)
      ? { outcome: 'retry', reason, retryAfterMs }
      : { outcome: 'refused', reason }
  }

  #taken(body: Buffer): SendResult {
    try {
      const { rejected, message } = decodeAnswer(messageOf(body))
      return { outcome: 'taken', rejected, message: strangersText(message, this.#options.headers) }
    } catch {
      return { outcome: 'taken', rejected: 0, message: '' }
    }
  }

  close(): void {
    this.#isClosed = true
    for (const abort of this.#underWay) abort()
  }
}

/** Gathers what is said until the end, or until it is too much. */
function listen(stream: ClientHttp2Stream, tell: (spoken: Spoken) => void): void {
  const chunks: Buffer[] = []
  let length = 0
  let headers: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders = {}
  const end = (): void => tell({ headers, trailers, body: Buffer.concat(chunks) })
  stream.on('response', (said) => (headers = said))
  stream.on('trailers', (said) => (trailers = said))
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length > maxAnswerBytes) end()
  })
  stream.on('close', end)
}

function retryDelayMs(detailsInBase64: string): number | undefined {
  try {
    return decodeRetryDelayMs(Buffer.from(detailsInBase64, 'base64'))
  } catch {
    return undefined
  }
}

/** Of `grpc-message`, which is percent-encoded. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
