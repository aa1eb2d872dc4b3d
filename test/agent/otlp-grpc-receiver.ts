import { Server, ServerCredentials, type Metadata, type status } from '@grpc/grpc-js'
import { otlpServices, type LogRecord, type LogsRequest, type Metric, type MetricsRequest } from './otlp-messages.ts'

export interface GrpcFailure {
  code: status
  details: string
  metadata?: Metadata
}

/** A gRPC server of OTLP's own services, on loopback. */
export class GrpcReceiver implements AsyncDisposable {
  readonly #server = new Server()
  #port = 0
  readonly metrics: Metric[][] = []
  readonly logs: LogRecord[] = []
  readonly metadata: Metadata[] = []
  readonly timesMs: number[] = []
  /** What it answers instead of taking anything; `silence`: nothing. */
  failure: GrpcFailure | 'silence' | undefined

  static async start(port = 0): Promise<GrpcReceiver> {
    const receiver = new GrpcReceiver()
    receiver.#addServices()
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    receiver.#server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
    receiver.#port = await promise
    return receiver
  }

  #addServices(): void {
    this.#server.addService(otlpServices.metrics, {
      Export: this.#handler<MetricsRequest>(({ resourceMetrics }) => {
        this.timesMs.push(performance.now())
        if (this.failure) return
        const scopes = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics)
        this.metrics.push(scopes.flatMap(({ metrics }) => metrics ?? []))
      }),
    })
    this.#server.addService(otlpServices.logs, {
      Export: this.#handler<LogsRequest>(({ resourceLogs }) => {
        const scopes = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs)
        if (!this.failure) this.logs.push(...scopes.flatMap(({ logRecords }) => logRecords ?? []))
      }),
    })
  }

  #handler<T>(receive: (request: T) => void) {
    return (
      call: { request: T; metadata: Metadata },
      answer: (error: GrpcFailure | null, value?: object) => void,
    ): void => {
      this.metadata.push(call.metadata)
      receive(call.request)
      if (this.failure !== 'silence') answer(this.failure ?? null, {})
    }
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown()
  }
}
