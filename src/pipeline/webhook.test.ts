import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
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

test('what is no address of a webhook is refused', () => {
  assert.equal(parseWebhookUrl('https://example.org/a?b=c').href, 'https://example.org/a?b=c')
  for (const text of ['', 'example.org', 'ftp://example.org/', '/hook', 'http://', 'http://user:secret@example.org/'])
    assert.throws(() => parseWebhookUrl(text), SyntaxError, text)
})
