// Run by newer-clickhouse.ts: `node newer-clickhouse-server.ts PACKAGE FOLDER PORT`. The HTTP of a ClickHouse server before its engine.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

interface Engine {
  Session: new (folder: string) => { query(sql: string, format: string): string }
}

const [packageFolder = '', folder = '', port = '0'] = process.argv.slice(2)
const { Session } = createRequire(import.meta.url)(packageFolder) as Engine
const session = new Session(folder)
let files = 0

/** @throws Error with what ClickHouse says */
function answer(url: URL, body: Buffer): string {
  const { query, settings } = parametersOf(url)
  if (settings.length > 0) session.query(`SET ${settings.join(', ')}`, 'TabSeparated')
  if (query === undefined) return session.query(body.toString(), 'TabSeparated')
  // The library has no data beside its SQL: they come from a file.
  const file = join(folder, `sent-${++files}`)
  writeFileSync(file, body)
  try {
    return session.query(query.replace(/ FORMAT (\w+)$/, ` FROM INFILE '${file}' FORMAT $1`), 'TabSeparated')
  } finally {
    rmSync(file)
  }
}

/** Settings stand in the URL, but for one that only a server's HTTP knows. */
function parametersOf({ searchParams }: URL): { query: string | undefined; settings: string[] } {
  const settings = [...searchParams].filter(([name]) => name !== 'query' && name !== 'wait_end_of_query')
  return { query: searchParams.get('query') ?? undefined, settings: settings.map((setting) => setting.join(' = ')) }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request)
  try {
    response.end(answer(new URL(request.url ?? '/', 'http://localhost'), body))
  } catch (error) {
    response.statusCode = 500
    response.end((error as Error).message.replace(/^Query failed: /, ''))
  }
}

createServer((request, response) => void respond(request, response)).listen(Number(port), '127.0.0.1')
