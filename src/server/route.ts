import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { acceptsGzip } from './accepted-format.ts'

/** Answers the requests to one path. What it throws is answered with 500. */
export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>

/** By path: `/metrics`. */
export type Routes = ReadonlyMap<string, Route>

export interface Answer {
  status?: number
  contentType?: string
  body: string | Buffer
  headers?: Readonly<Record<string, string>>
}

/** However slowly it is read. */
const answerMs = 30_000

const compress = promisify(gzip)

/** Fast: a page of metrics is repetitive enough. */
export function gzipped(page: Buffer): Promise<Buffer> {
  return compress(page, { level: 1 })
}

/**
 * Sends an answer, without its body where only the head was asked for. Who has not taken it after a while is let go: a route
 * that goes on answering, such as with events, writes to the response itself.
 */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status = 200, contentType = 'text/plain; charset=utf-8', body, headers = {} } = answer
  const deadline = setTimeout(() => request.socket.destroy(), answerMs)
  response.once('close', () => clearTimeout(deadline))
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

export function takesGzip({ headers }: IncomingMessage): boolean {
  const header = headers['accept-encoding']
  return acceptsGzip(Array.isArray(header) ? header.join(',') : header)
}
