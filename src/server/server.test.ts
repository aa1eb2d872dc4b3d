import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { OperatorError } from '../lib/operator-error.ts'
import type { MetricSnapshot } from '../model/metric.ts'
import type { MetricSource } from './metrics-page.ts'
import type { Route } from './route.ts'
import { startServer, type RunningServer, type ServerOptions } from './server.ts'

const listen = { host: '127.0.0.1', port: 0 }

/** A metric whose value is how often it was asked for. */
class Source implements MetricSource {
  version = 0
  asked = 0
  padding = ''

  snapshot(): MetricSnapshot {
    const points = [{ labels: { padding: this.padding }, value: ++this.asked }]
    const family = { name: 'wirelag_x', otelName: 'x', help: 'X.', unit: '1', type: 'gauge', points } as const
    return { unixMs: 0, startUnixMs: 0, host: 'h', families: [family] }
  }
}

class Server implements AsyncDisposable {
  readonly running: RunningServer
  readonly source: Source

  constructor(running: RunningServer, source: Source) {
    this.running = running
    this.source = source
  }

  static async start(options: Partial<ServerOptions> = {}): Promise<Server> {
    const source = new Source()
    return new Server(await startServer({ listen, registry: source, ...options }), source)
  }

  async get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answered> {
    const request = httpRequest(`${this.running.url}${path}`, { headers, method, agent: false }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return { status: response.statusCode, headers: response.headers, body: await buffer(response) }
  }

  async connection(): Promise<Socket> {
    const socket = connect(this.running.address)
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running.close()
  }
}

interface Answered {
  status: number | undefined
  headers: IncomingMessage['headers']
  body: Buffer
}

const text = '# HELP wirelag_x X.\n# TYPE wirelag_x gauge\nwirelag_x 1\n'

test('/metrics: text, OpenMetrics for those who ask for it, gzip', async () => {
  await using server = await Server.start()
  const plain = await server.get('/metrics')
  assert.deepEqual([plain.status, plain.body.toString()], [200, text])
  assert.equal(plain.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(plain.headers['content-encoding'], undefined)
  const open = await server.get('/metrics', { accept: 'application/openmetrics-text; version=1.0.0' })
  assert.equal(open.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8')
  assert.match(open.body.toString(), /^# TYPE wirelag_x gauge\n# HELP wirelag_x X\.\nwirelag_x 2\n# EOF\n$/)
  const packed = await server.get('/metrics', { 'accept-encoding': 'gzip' })
  assert.equal(packed.headers['content-encoding'], 'gzip')
  assert.equal(gunzipSync(packed.body).toString(), text)
  const head = await server.get('/metrics', {}, 'HEAD')
  assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, String(text.length), 0])
})

test('a page is rendered once for all who ask until something changes', async () => {
  await using server = await Server.start()
  for (let i = 0; i < 5; i++) await server.get('/metrics')
  assert.equal(server.source.asked, 1)
  server.source.version++
  assert.match((await server.get('/metrics')).body.toString(), /wirelag_x 2/)
})

test('/healthz says what is the matter, / what there is', async () => {
  const problems: string[] = []
  await using server = await Server.start({ problem: () => problems.at(-1) })
  const gist = async (path: string): Promise<unknown[]> => {
    const { status, body } = await server.get(path)
    return [status, body.toString()]
  }
  assert.deepEqual(await gist('/healthz'), [200, 'ok\n'])
  problems.push('no second for 30 s')
  assert.deepEqual(await gist('/healthz'), [503, 'no second for 30 s\n'])
  assert.match((await server.get('/?x=1')).body.toString(), /\/metrics/)
  assert.deepEqual(await gist('/nowhere'), [404, 'there is no such page\n'])
})

test('pages can be added; one that throws is answered with 500', async () => {
  await using server = await Server.start({
    routes: new Map<string, Route>([
      ['/api/v1/x', (_, response, url) => void response.end(url.searchParams.get('q'))],
      ['/broken', () => Promise.reject(new Error('broken'))],
    ]),
  })
  assert.equal((await server.get('/api/v1/x?q=7')).body.toString(), '7')
  const { status, body } = await server.get('/broken')
  assert.deepEqual([status, body.toString()], [500, 'broken\n'])
})

test('nothing is taken: 405', async () => {
  await using server = await Server.start()
  const { status, headers } = await server.get('/metrics', {}, 'DELETE')
  assert.deepEqual([status, headers.allow], [405, 'GET, HEAD'])
})

test('a port that is taken is told as such, and another server goes on', async () => {
  await using server = await Server.start()
  const { port } = server.running.address
  await assert.rejects(startServer({ listen: { host: '127.0.0.1', port }, registry: server.source }), (error) => {
    assert.ok(error instanceof OperatorError)
    assert.equal(error.code, 'WIRELAG_LISTEN')
    assert.equal(error.message, `no metrics at 127.0.0.1:${port}: another program listens there`)
    return true
  })
  assert.equal((await server.get('/metrics')).status, 200)
})

test('an address that this host does not have', async () => {
  const nowhere = { host: '192.0.2.1', port: 9474 }
  await assert.rejects(startServer({ listen: nowhere, registry: new Source() }), { code: 'WIRELAG_LISTEN' })
})

test('headers beyond 8 KiB and what is no HTTP are refused', async () => {
  await using server = await Server.start()
  assert.equal((await server.get('/metrics', { 'x-much': 'x'.repeat(9000) })).status, 431)
  const socket = await server.connection()
  socket.write('\u0016\u0003\u0001 hello\r\n\r\n')
  assert.match((await buffer(socket)).toString(), /^HTTP\/1\.1 400 /)
})

test('of very many connections the quietest give way to those that ask', async () => {
  await using server = await Server.start()
  const sockets: Socket[] = []
  for (let i = 0; i < 400; i++) sockets.push((await server.connection()).resume())
  const ended = (): number => sockets.filter(({ destroyed }) => destroyed).length
  assert.equal((await server.get('/metrics')).status, 200)
  const deadline = Date.now() + 10_000
  while (ended() < 400 - 128 && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve))
  // The one that asked made another give way, and has gone itself.
  assert.ok(ended() >= 400 - 128 && ended() <= 400 - 126, `${ended()} of 400 connections ended`)
  for (const socket of sockets) socket.destroy()
})

test('close() ends those too who take nothing of what they asked for', async () => {
  const server = await Server.start()
  server.source.padding = 'x'.repeat(20_000_000)
  const socket = await server.connection()
  socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(socket, 'readable')
  const half = await server.connection()
  half.write('GET /metrics HTTP/1.1\r\n')
  const ended = Promise.all([closeOf(socket), closeOf(half)])
  await server.running.close()
  await ended
})

test('who does not get to the end of a request is let go', async () => {
  await using server = await Server.start()
  const socket = await server.connection()
  socket.write('GET /metrics HTTP/1.1\r\nhost: ')
  const answer = await buffer(socket)
  assert.match(answer.toString(), /^HTTP\/1\.1 408 /)
})

function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once('close', () => resolve()))
}
