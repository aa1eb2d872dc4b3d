import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { decodeLogsRequest, decodeMetricsRequest, type LogRecord, type Metric } from './otlp-messages.ts'

/** What a receiver does with a request that has come in whole. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage) => void

export const takes: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
}

export interface Received {
  path: string
  headers: IncomingMessage['headers']
  /** Unzipped. */
  body: Buffer
  atMs: number
}

/** An HTTP server on loopback that takes OTLP, or does what a broken one would. */
export class HttpReceiver implements AsyncDisposable {
  readonly #server: Server
  readonly #port: number
  readonly received: Received[] = []
  behaviour: Behaviour = takes

  private constructor(server: Server, port: number) {
    this.#server = server
    this.#port = port
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.#receive(request, response))
  }

  /** @param port the same again, of one that is back */
  static async start(port = 0): Promise<HttpReceiver> {
    const server = createServer().listen(port, '127.0.0.1')
    await once(server, 'listening')
    return new HttpReceiver(server, (server.address() as AddressInfo).port)
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async openConnections(): Promise<number> {
    return promisify(this.#server.getConnections.bind(this.#server))()
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const bytes = Buffer.concat(chunks)
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
    this.received.push({ path: request.url ?? '', headers: request.headers, body, atMs: performance.now() })
    response.on('error', () => {})
    this.behaviour(response, request)
  }

  /** Every request of metrics, the oldest first. */
  get metrics(): Metric[][] {
    return this.#bodies('/v1/metrics').map((body) =>
      decodeMetricsRequest(body).resourceMetrics.flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap((scope) => scope.metrics ?? []),
      ),
    )
  }

  /** Every record of every request. */
  get logs(): LogRecord[] {
    return this.#bodies('/v1/logs').flatMap((body) =>
      decodeLogsRequest(body).resourceLogs.flatMap(({ scopeLogs }) =>
        scopeLogs.flatMap((scope) => scope.logRecords ?? []),
      ),
    )
  }

  #bodies(end: string): Buffer[] {
    return this.received.filter(({ path }) => path.endsWith(end)).map(({ body }) => body)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

/** Waits for something that is to come about. @throws Error after that time, with what was waited for */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`within ${withinMs / 1000} s not so: ${what}`)
    await delay(20)
  }
}
