import { createReadStream } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'

/** What an engine answered that is no success. */
export class EngineRefused extends Error {
  /** Of HTTP. */
  readonly status: number

  constructor(what: string, status: number, text: string) {
    super(`${what}: ${status} ${text.trim()}`)
    this.status = status
  }
}

/** A file that is sent as it is, rather than a value as JSON. */
export interface FileBody {
  tarFile: string
}

/**
 * One request to the API of Docker or Podman.
 *
 * @returns the answer's body
 * @throws EngineRefused if the status is not 2xx or 304; Error if nobody listens
 */
export async function requestBytes(socketPath: string, method: string, path: string, body?: unknown): Promise<Buffer> {
  const file = isFile(body) ? body.tarFile : undefined
  const json = file === undefined && body !== undefined ? JSON.stringify(body) : undefined
  const headers = {
    host: 'engine',
    ...(file === undefined ? {} : { 'content-type': 'application/x-tar' }),
    ...(json === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }),
  }
  const outgoing = request({ socketPath, method, path, headers, agent: false })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
  })
  if (file === undefined) outgoing.end(json)
  else await pipeline(createReadStream(file), outgoing)
  const answer = await answered
  const bytes = Buffer.concat(await answer.toArray())
  const status = answer.statusCode ?? 0
  if ((status < 200 || status >= 300) && status !== 304)
    throw new EngineRefused(`${method} ${path}`, status, bytes.toString())
  return bytes
}

/** The answer's body as JSON, or as text where it is none; nothing where it is empty. @throws as requestBytes */
export async function requestJson(socketPath: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const text = (await requestBytes(socketPath, method, path, body)).toString()
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function isFile(body: unknown): body is FileBody {
  return typeof body === 'object' && body !== null && 'tarFile' in body
}
