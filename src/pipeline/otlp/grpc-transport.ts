import type { Client, ClientUnaryCall, Metadata, ServiceError } from '@grpc/grpc-js'
import type { OtlpSignal } from '../../config/sections/otlp.ts'
import { decodeAnswer, decodeRetryDelayMs } from '../../export/otlp/answer.ts'
import {
  maxAnswerBytes,
  strangersText,
  type OtlpTransport,
  type SendResult,
  type TransportOptions,
} from './otlp-transport.ts'

const methods: Record<OtlpSignal, string> = {
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}

type Grpc = typeof import('@grpc/grpc-js')

const asItIs = (bytes: Buffer): Buffer => bytes

/**
 * OTLP over gRPC. After a failure the channel is made anew: one whose other end has gone in silence would be tried until TCP
 * gives up, a quarter of an hour later.
 */
export class GrpcTransport implements OtlpTransport {
  readonly #grpc: Grpc
  readonly #options: TransportOptions
  readonly #passing: ReadonlySet<number>
  #client: Client | undefined
  readonly #underWay = new Set<ClientUnaryCall>()
  #isClosed = false

  private constructor(grpc: Grpc, options: TransportOptions) {
    this.#grpc = grpc
    this.#options = options
    const { CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS } = grpc.status
    this.#passing = new Set([CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS])
  }

  /** Only then is the library read. */
  static async load(options: TransportOptions): Promise<GrpcTransport> {
    const { default: grpc } = await import('@grpc/grpc-js')
    return new GrpcTransport(grpc, options)
  }

  send(signal: OtlpSignal, body: Uint8Array<ArrayBuffer>): Promise<SendResult> {
    if (this.#isClosed) return Promise.resolve({ outcome: 'retry', reason: 'wirelag ends' })
    const { timeoutMs } = this.#options
    const { promise, resolve } = Promise.withResolvers<SendResult>()
    const client = (this.#client ??= this.#connect())
    const call = client.makeUnaryRequest(
      methods[signal],
      asItIs,
      asItIs,
      Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      this.#metadata(),
      { deadline: Date.now() + timeoutMs },
      (error, answer) => {
        this.#underWay.delete(call)
        resolve(error ? this.#failed(client, error) : this.#taken(answer))
      },
    )
    this.#underWay.add(call)
    return promise
  }

  #connect(): Client {
    const { Client: GrpcClient, compressionAlgorithms, credentials } = this.#grpc
    const { endpoint, isCompressed, userAgent } = this.#options
    const isSecure = endpoint.protocol === 'https:'
    const port = endpoint.port || (isSecure ? '443' : '80')
    const secrecy = isSecure ? credentials.createSsl() : credentials.createInsecure()
    return new GrpcClient(`dns:${endpoint.hostname}:${port}`, secrecy, {
      'grpc.primary_user_agent': userAgent,
      'grpc.default_compression_algorithm': compressionAlgorithms[isCompressed ? 'gzip' : 'identity'],
      'grpc.max_receive_message_length': maxAnswerBytes,
      // wirelag tries again itself.
      'grpc.enable_retries': 0,
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.use_local_subchannel_pool': 1,
    })
  }

  #metadata(): Metadata {
    const metadata = new this.#grpc.Metadata()
    for (const [name, value] of Object.entries(this.#options.headers)) metadata.set(name, value)
    return metadata
  }

  #taken(answer: Buffer | undefined): SendResult {
    try {
      const { rejected, message } = decodeAnswer(answer ?? Buffer.alloc(0))
      return { outcome: 'taken', rejected, message: strangersText(message, this.#options.headers) }
    } catch {
      return { outcome: 'taken', rejected: 0, message: '' }
    }
  }

  #failed(client: Client, error: ServiceError): SendResult {
    const { status } = this.#grpc
    if (this.#client === client) this.#client = undefined
    client.close()
    if (error.code === status.DEADLINE_EXCEEDED)
      return { outcome: 'retry', reason: `no answer within ${this.#options.timeoutMs} ms` }
    const reason = `gRPC ${status[error.code]}: ${strangersText(error.details, this.#options.headers)}`
    const retryAfterMs = retryAfterMsOf(error.metadata)
    // Too much at once passes only where the receiver says when.
    const passes =
      this.#passing.has(error.code) || (error.code === status.RESOURCE_EXHAUSTED && retryAfterMs !== undefined)
    return passes ? { outcome: 'retry', reason, retryAfterMs } : { outcome: 'refused', reason }
  }

  close(): void {
    this.#isClosed = true
    for (const call of this.#underWay) call.cancel()
    this.#client?.close()
    this.#client = undefined
  }
}

function retryAfterMsOf(metadata: Metadata | undefined): number | undefined {
  const [details] = metadata?.get('grpc-status-details-bin') ?? []
  try {
    return details instanceof Uint8Array ? decodeRetryDelayMs(details) : undefined
  } catch {
    return undefined
  }
}
