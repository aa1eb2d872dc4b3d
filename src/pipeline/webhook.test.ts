import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { parseWebhookUrl, Webhook } from './webhook.ts'

/** An endpoint on the loopback interface, which keeps what it gets. */
class Endpoint {
  readonly bodies: string[] = []
  readonly #server

  /** @param answer undefined: never */
  constructor(answer: (response: ServerResponse, count: number) => void) {
    this.#server = createServer((request: IncomingMessage, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        this.bodies.push(`${request.method} ${request.headers['content-type']} ${body}`)
        answer(response, this.bodies.length)
      })
    })
  }

  async listen(): Promise<URL> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`)
  }

  [Symbol.dispose](): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

const patienceMs = 10_000

test('messages arrive as JSON, in order', async () => {
  using endpoint = new Endpoint((response) => response.end('thanks'))
  const webhook = new Webhook(await endpoint.listen())
  for (let n = 1; n <= 3; n++) webhook.post({ n })
  assert.deepEqual(await webhook.close(patienceMs), { delivered: 3, failed: 0, dropped: 0, lastError: undefined })
  assert.deepEqual(
    endpoint.bodies,
    [1, 2, 3].map((n) => `POST application/json {"n":${n}}`),
  )
})

test('what is refused is tried a second time', async () => {
  using endpoint = new Endpoint((response, count) => response.writeHead(count === 1 ? 503 : 204).end())
  const webhook = new Webhook(await endpoint.listen(), { retryMs: 1 })
  webhook.post({ n: 1 })
  assert.deepEqual(await webhook.close(patienceMs), { delivered: 1, failed: 0, dropped: 0, lastError: 'HTTP 503' })
  assert.equal(endpoint.bodies.length, 2)
})

test('and not a third time; the next message goes out nevertheless', async () => {
  using endpoint = new Endpoint((response, count) => response.writeHead(count <= 2 ? 500 : 200).end())
  const webhook = new Webhook(await endpoint.listen(), { retryMs: 1 })
  webhook.post({ n: 1 })
  webhook.post({ n: 2 })
  assert.deepEqual(await webhook.close(patienceMs), { delivered: 1, failed: 1, dropped: 0, lastError: 'HTTP 500' })
  assert.equal(endpoint.bodies.length, 3)
})

test('a redirection is no delivery', async () => {
  using endpoint = new Endpoint((response) => response.writeHead(302, { location: '/elsewhere' }).end())
  const webhook = new Webhook(await endpoint.listen(), { retryMs: 1 })
  webhook.post({})
  assert.deepEqual(await webhook.close(patienceMs), { delivered: 0, failed: 1, dropped: 0, lastError: 'HTTP 302' })
})

test('nobody listens: failed, with the reason', async () => {
  using endpoint = new Endpoint(() => {})
  const url = await endpoint.listen()
  endpoint[Symbol.dispose]()
  const webhook = new Webhook(url, { retryMs: 1 })
  webhook.post({})
  assert.deepEqual(await webhook.close(patienceMs), { delivered: 0, failed: 1, dropped: 0, lastError: 'ECONNREFUSED' })
})

test('no answer in time: failed', async () => {
  using endpoint = new Endpoint(() => {})
  const webhook = new Webhook(await endpoint.listen(), { retryMs: 1, timeoutMs: 20 })
  webhook.post({})
  const { failed, lastError } = await webhook.close(patienceMs)
  assert.deepEqual([failed, lastError], [1, 'no answer within 20 ms'])
})

test('an endpoint that hangs: the queue is bounded, the oldest that wait are dropped, the end comes at once', async () => {
  using endpoint = new Endpoint(() => {})
  const webhook = new Webhook(await endpoint.listen(), { maxWaiting: 64 })
  for (let n = 0; n < 100; n++) webhook.post({ n })
  const startMs = performance.now()
  // One is under way, 64 wait, 35 found no room; at the end all that are left go.
  assert.deepEqual(await webhook.close(10), { delivered: 0, failed: 0, dropped: 100, lastError: undefined })
  assert.ok(performance.now() - startMs < 1000)
  webhook.post({})
  assert.equal((await webhook.close(0)).dropped, 101)
})

test('nothing to deliver: the end comes at once', async () => {
  const startMs = performance.now()
  await new Webhook(new URL('http://127.0.0.1:9/')).close(patienceMs)
  assert.ok(performance.now() - startMs < 1000)
})

test('a message that the receiver calls wrong is not sent again', async () => {
  using endpoint = new Endpoint((response, count) => response.writeHead(count === 1 ? 400 : 200).end())
  const webhook = new Webhook(await endpoint.listen(), { attempts: Infinity, retryMs: 1 })
  webhook.post({ n: 1 })
  webhook.post({ n: 2 })
  assert.deepEqual(await webhook.close(patienceMs), { delivered: 1, failed: 1, dropped: 0, lastError: 'HTTP 400' })
  assert.equal(endpoint.bodies.length, 2)
})

test('tried until it is taken: trouble is told meanwhile, and nothing is lost', async () => {
  using endpoint = new Endpoint((response, count) => response.writeHead(count <= 5 ? 503 : 200).end())
  const webhook = new Webhook(await endpoint.listen(), { attempts: Infinity, retryMs: 1, maxRetryMs: 4 })
  assert.equal(webhook.trouble, undefined)
  for (let n = 1; n <= 3; n++) webhook.post({ n })
  while (endpoint.bodies.length < 3) await setImmediate()
  assert.equal(webhook.trouble, 'HTTP 503')
  assert.deepEqual(await webhook.close(patienceMs), { delivered: 3, failed: 0, dropped: 0, lastError: 'HTTP 503' })
  assert.equal(webhook.trouble, undefined)
  assert.deepEqual(
    endpoint.bodies.map((body) => body.slice(-7)),
    [1, 1, 1, 1, 1, 1, 2, 3].map((n) => `{"n":${n}}`),
  )
})

test('many characters that wait are too many: the oldest go', async () => {
  using endpoint = new Endpoint(() => {})
  const webhook = new Webhook(await endpoint.listen(), { maxWaitingChars: 100 })
  for (let n = 0; n < 5; n++) webhook.post('x'.repeat(48))
  // One is under way, two wait, two found no room.
  assert.equal(webhook.tally().dropped, 2)
  webhook.post('y'.repeat(1000))
  assert.equal(webhook.tally().dropped, 4)
  await webhook.close(0)
})

test('a live message tells how things are when it is sent, and waits once for each key', async () => {
  using endpoint = new Endpoint((response, count) => response.writeHead(count === 1 ? 503 : 200).end())
  const webhook = new Webhook(await endpoint.listen(), { attempts: Infinity, retryMs: 1 })
  let now = 0
  const taken: number[] = []
  const live = { key: 'a', content: () => ({ now: ++now }), onTaken: () => taken.push(now) }
  webhook.postLive(live)
  for (let i = 0; i < 10; i++) webhook.postLive(live)
  await webhook.close(patienceMs)
  assert.deepEqual(
    endpoint.bodies.map((body) => body.slice(-9)),
    ['{"now":1}', '{"now":2}', '{"now":3}'],
  )
  assert.deepEqual(taken, [2, 3])
})

test('headers go with every message', async () => {
  let seen: unknown
  const server = createServer((request, response) => {
    seen = [request.headers.authorization, request.headers['content-type'], request.headers['user-agent']]
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const webhook = new Webhook(url, { headers: { authorization: 'Bearer 1234' } })
  webhook.post({})
  await webhook.close(patienceMs)
  server.close()
  assert.deepEqual(seen, ['Bearer 1234', 'application/json', 'wirelag'])
})

test('what is no address of a webhook is refused', () => {
  assert.equal(parseWebhookUrl('https://example.org/a?b=c').href, 'https://example.org/a?b=c')
  for (const text of ['', 'example.org', 'ftp://example.org/', '/hook', 'http://', 'http://user:secret@example.org/'])
    assert.throws(() => parseWebhookUrl(text), SyntaxError, text)
})
