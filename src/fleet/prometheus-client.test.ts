import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { OperatorError } from '../lib/operator-error.ts'
import { PrometheusClient, type PrometheusSettings } from './prometheus-client.ts'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** An endpoint on the loopback interface that is no good Prometheus. */
class Endpoint {
  readonly requests: IncomingMessage[] = []
  readonly #server: Server

  private constructor(answer: Answer) {
    this.#server = createServer((request, response) => {
      this.requests.push(request)
      answer(response, request)
    })
  }

  static async start(answer: Answer): Promise<Endpoint> {
    const endpoint = new Endpoint(answer)
    await new Promise<void>((resolve) => endpoint.#server.listen(0, '127.0.0.1', resolve))
    return endpoint
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  client(settings: Partial<PrometheusSettings> = {}): PrometheusClient {
    return new PrometheusClient({ url: new URL(this.url), ...settings })
  }

  [Symbol.dispose](): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

function json(body: unknown, status = 200): Answer {
  return (response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function failureOf(client: PrometheusClient): Promise<string> {
  try {
    await client.vector('up')
  } catch (error) {
    assert.ok(error instanceof OperatorError)
    assert.deepEqual([error.code, error.exitCode], ['WIRELAG_PROMETHEUS', 1])
    return error.message.replace(client.shownUrl, 'URL')
  }
  throw new Error('it did not fail')
}

test('samples, what is no number left out, and warnings', async () => {
  const result = [
    { metric: { instance: 'a' }, value: [1, '5.5'] },
    { metric: { instance: 'b' }, value: [1, 'NaN'] },
    { metric: { instance: 'c' }, value: [1, '+Inf'] },
  ]
  using endpoint = await Endpoint.start(
    json({ status: 'success', data: { resultType: 'vector', result }, warnings: ['shard 2 is away'], isPartial: true }),
  )
  assert.deepEqual(await endpoint.client().vector('up'), {
    data: [{ labels: { instance: 'a' }, value: 5.5 }],
    warnings: ['shard 2 is away', 'the answer is partial: a part of the store did not answer'],
  })
})

test('a path before the API, parameters of the URL, its user and headers are used, and not shown', async () => {
  using endpoint = await Endpoint.start(json({ status: 'success', data: ['x', 7, 'y'] }))
  const url = new URL(`${endpoint.url.replace('//', '//me:s%40cret@')}/select/0?dedup=true`)
  const client = new PrometheusClient({ url, headers: { 'X-Scope-OrgID': '7' } })
  assert.deepEqual((await client.labelValues('__name__', '{a="b"}')).data, ['x', 'y'])
  const [request] = endpoint.requests
  assert.equal(request?.url, '/select/0/api/v1/label/__name__/values?dedup=true&match%5B%5D=%7Ba%3D%22b%22%7D')
  assert.equal(request?.headers.authorization, `Basic ${Buffer.from('me:s@cret').toString('base64')}`)
  assert.equal(request?.headers['x-scope-orgid'], '7')
  assert.equal(client.shownUrl, `${endpoint.url}/select/0`)
})

test('a header for Authorization takes the place of user and password', async () => {
  using endpoint = await Endpoint.start(json({ status: 'success', data: [] }))
  const url = new URL(endpoint.url.replace('//', '//me:secret@'))
  await new PrometheusClient({ url, headers: { Authorization: 'Bearer t' } }).labelValues('job', 'up')
  assert.equal(endpoint.requests[0]?.headers.authorization, 'Bearer t')
})

const wrongAnswers: [what: string, answer: Answer, message: string][] = [
  [
    'HTML',
    (response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html>'),
    'URL answers with HTML (HTTP 200), not as Prometheus does',
  ],
  [
    'text',
    (response) => response.end('hello\u001b[2J'),
    'URL answers with hello\\x1b[2J (HTTP 200), not as Prometheus does',
  ],
  [
    'nothing',
    (response) => response.writeHead(502).end(),
    'URL answers with nothing (HTTP 502), not as Prometheus does',
  ],
  [
    'a redirection',
    (response) => response.writeHead(302, { location: '/login?next=secret' }).end(),
    'URL redirects to URL/login',
  ],
  ['no right', (response) => response.writeHead(401).end('<html>'), 'URL does not let us in (HTTP 401)'],
  [
    'another path',
    (response) => response.writeHead(404).end('404 page not found'),
    'URL has no /api/v1/query (HTTP 404)',
  ],
  [
    'an error',
    json({ status: 'error', errorType: 'timeout', error: 'query timed out in expression evaluation' }, 503),
    'URL refuses: query timed out in expression evaluation',
  ],
  [
    'a matrix',
    json({ status: 'success', data: { resultType: 'matrix', result: [] } }),
    "URL answers 'up' with a matrix, where an instant vector is wanted",
  ],
  ['another JSON', json([1, 2]), 'URL answers with [1,2] (HTTP 200), not as Prometheus does'],
  ['a connection that breaks off', (response) => response.destroy(), 'URL does not answer: UND_ERR_SOCKET'],
]

for (const [what, answer, message] of wrongAnswers) {
  test(`${what}: a clear error`, async () => {
    using endpoint = await Endpoint.start(answer)
    assert.equal((await failureOf(endpoint.client())).replaceAll(endpoint.url, 'URL'), message)
  })
}

test('no answer in time', async () => {
  using endpoint = await Endpoint.start(() => {})
  assert.equal(await failureOf(endpoint.client({ timeoutMs: 50 })), 'URL does not answer within 0.05 s')
})

test('an answer that begins and does not end', async () => {
  using endpoint = await Endpoint.start((response) => response.write('{"status":'))
  assert.equal(await failureOf(endpoint.client({ timeoutMs: 50 })), 'URL does not answer within 0.05 s')
})

test('an answer without end is cut off', async () => {
  using endpoint = await Endpoint.start((response) => {
    const write = (): void =>
      void (response.write('x'.repeat(1 << 20)) ? setImmediate(write) : response.once('drain', write))
    write()
  })
  assert.equal(await failureOf(endpoint.client({ maxBytes: 4 << 20 })), 'URL answers with more than 4 MiB')
})

test('nobody listens', async () => {
  const endpoint = await Endpoint.start(() => {})
  const client = endpoint.client()
  endpoint[Symbol.dispose]()
  assert.equal(await failureOf(client), 'URL does not answer: ECONNREFUSED')
})

test('closed while it asks', async () => {
  const asked = Promise.withResolvers<void>()
  using endpoint = await Endpoint.start(() => asked.resolve())
  const client = endpoint.client()
  const failure = failureOf(client)
  await asked.promise
  client.close()
  assert.match(await failure, /^URL does not answer: /)
})
