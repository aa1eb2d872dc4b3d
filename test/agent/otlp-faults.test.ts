import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { test } from 'node:test'
import type { OtlpSink } from '../../src/pipeline/otlp-sink.ts'
import { slowPickup } from './otlp-examples.ts'
import { encodePartialSuccess, valuesOf } from './otlp-messages.ts'
import { HttpReceiver, takes, until, type Behaviour } from './otlp-receiver.ts'
import { secondOf, startSink } from './otlp-sinks.ts'

interface Fault {
  name: string
  behaviour: Behaviour
  /** What is told of it, after `metrics do not arrive: `. */
  told: string
  /** Records are given up, as the same would be refused again. */
  isFinal: boolean
}

const secret = 't0ps3cret'

function answers(status: number, headers: Record<string, string> = {}, body = ''): Behaviour {
  return (response) => response.writeHead(status, headers).end(body)
}

const faults: Fault[] = [
  { name: 'hanging', behaviour: () => {}, told: 'no answer within 1000 ms', isFinal: false },
  {
    name: 'answering byte by byte',
    behaviour: (response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'), 50)
      response.on('close', () => clearInterval(timer))
    },
    told: 'no answer within 1000 ms',
    isFinal: false,
  },
  {
    name: 'resetting',
    behaviour: (response) => response.socket?.resetAndDestroy(),
    told: 'ECONNRESET',
    isFinal: false,
  },
  { name: 'HTTP 500', behaviour: answers(500), told: 'HTTP 500', isFinal: true },
  { name: 'HTTP 503', behaviour: answers(503, { 'retry-after': 'soon' }), told: 'HTTP 503', isFinal: false },
  { name: 'HTTP 429', behaviour: answers(429, { 'retry-after': '3' }), told: 'HTTP 429', isFinal: false },
  {
    name: 'HTTP 404 that echoes the secret',
    behaviour: (response, request) =>
      answers(
        404,
        { 'content-type': 'text/plain' },
        `no \u001b[31m${request.headers['authorization']}\nmore`,
      )(response, request),
    told: 'HTTP 404: no \\x1b[31m…',
    isFinal: true,
  },
  { name: 'HTTP 400', behaviour: answers(400), told: 'HTTP 400', isFinal: true },
  {
    name: 'redirecting',
    behaviour: answers(307, { location: 'http://192.0.2.1/' }),
    told: 'HTTP 307, a redirect to http://192.0.2.1/, which is not followed',
    isFinal: true,
  },
  {
    name: 'answering without end',
    behaviour: (response) => {
      response.writeHead(502)
      const timer = setInterval(() => response.write('x'.repeat(65_536)), 5)
      response.on('close', () => clearInterval(timer))
    },
    told: 'HTTP 502',
    isFinal: false,
  },
]

/** A receiver with its fault, and the sink that has to do with it. */
interface Pair {
  fault: Fault
  receiver: HttpReceiver
  sink: OtlpSink
}

async function startPair(fault: Fault): Promise<Pair> {
  const receiver = await HttpReceiver.start()
  receiver.behaviour = fault.behaviour
  const sink = await startSink({ endpoint: receiver.url, headers: { authorization: `Bearer ${secret}` } })
  sink.onSecond(secondOf([slowPickup]))
  return { fault, receiver, sink }
}

/** All at once, so that it takes no longer than the slowest. */
test('receivers that misbehave: told, counted, and well again within 30 s', async (t) => {
  const pairs = await Promise.all(faults.map(startPair))
  try {
    for (const { fault, sink } of pairs) {
      await until(`${fault.name}: metrics are dropped`, () => sink.droppedExports.metrics >= 2)
      await until(`${fault.name}: told of both`, () => sink.notice()?.includes('; logs do not arrive: ') ?? false)
    }
    for (const { fault, receiver, sink } of pairs) {
      const told = ['metrics', 'logs'].map((signal) => `${signal} do not arrive: ${fault.told}`).join('; ')
      assert.equal(sink.notice(), `OTLP to ${receiver.url}: ${told}`)
      assert.equal(sink.droppedExports.logs, fault.isFinal ? 1 : 0, fault.name)
      assert.ok((await receiver.openConnections()) <= 2, `${fault.name}: connections`)
    }
    const throttled = pairs.find(({ fault }) => fault.name === 'HTTP 429')?.receiver
    const [first, second] = throttled?.received.filter(({ path }) => path === '/v1/metrics') ?? []
    assert.ok(first && second && second.atMs - first.atMs >= 2990, 'Retry-After holds')

    for (const { receiver } of pairs) receiver.behaviour = takes
    const backMs = performance.now()
    for (const { fault, sink } of pairs)
      await until(
        `${fault.name}: all is well`,
        () => sink.notice() === undefined,
        30_000 - (performance.now() - backMs),
      )
    t.diagnostic(`all well again after ${Math.round(performance.now() - backMs)} ms`)
    for (const { fault, receiver, sink } of pairs) {
      // What may be taken later is sent again; what was refused is not.
      const ids = receiver.logs.map(({ attributes }) => valuesOf(attributes)['wirelag.incident.id'])
      const sent = `${fault.name}: ${ids.length} records`
      assert.ok(fault.isFinal ? ids.length === 1 : ids.length >= 2, sent)
      assert.equal(sink.droppedExports.logs, fault.isFinal ? 1 : 0, fault.name)
    }
  } finally {
    await Promise.all(pairs.map(({ sink }) => sink.close()))
    for (const { fault, receiver } of pairs) assert.equal(await receiver.openConnections(), 0, fault.name)
    await Promise.all(pairs.map(({ receiver }) => receiver[Symbol.asyncDispose]()))
  }
})

test('a receiver that is not there, and then is', async () => {
  const first = await HttpReceiver.start()
  const { port, url } = first
  await first[Symbol.asyncDispose]()
  const sink = await startSink({ endpoint: url })
  sink.onSecond(secondOf([slowPickup]))
  await until('told of both', () => sink.notice()?.includes('; logs') ?? false)
  assert.equal(sink.notice(), `OTLP to ${url}: metrics do not arrive: ECONNREFUSED; logs do not arrive: ECONNREFUSED`)
  await using receiver = await HttpReceiver.start(port)
  await until('all is well', () => sink.notice() === undefined)
  assert.deepEqual([receiver.logs.length, sink.droppedExports.logs], [1, 0])
  assert.ok(sink.droppedExports.metrics >= 1)
  await sink.close()
})

test('what is no HTTP at all', async () => {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end('SSH-2.0-OpenSSH_9.2\r\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sink = await startSink({ endpoint: url, signals: ['metrics'] })
  await until('told', () => sink.notice() !== undefined)
  assert.match(sink.notice() ?? '', /metrics do not arrive: (HPE_INVALID_\w+|EPIPE|ECONNRESET)$/)
  await sink.close()
  server.close()
})

test('a part is rejected', async () => {
  await using receiver = await HttpReceiver.start()
  const answer: Behaviour = (response, request) => {
    const signal = request.url === '/v1/logs' ? 'logs' : 'metrics'
    const bytes = encodePartialSuccess(signal, 1, `too old, said ${secret}`)
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(bytes)
  }
  receiver.behaviour = answer
  const sink = await startSink({ endpoint: receiver.url, headers: { 'x-token': secret } })
  sink.onSecond(secondOf([slowPickup, slowPickup]))
  await until('told of both', () => sink.notice()?.includes('; some of the logs') ?? false)
  assert.equal(
    sink.notice(),
    `OTLP to ${receiver.url}: some of the metrics are rejected: too old, said …; some of the logs are rejected: too old, said …`,
  )
  assert.equal(sink.droppedExports.logs, 1)
  receiver.behaviour = takes
  sink.onSecond(secondOf([slowPickup]))
  await until('all is well', () => sink.notice() === undefined)
  await sink.close()
})

test('the end does not wait for a receiver that hangs', async () => {
  await using receiver = await HttpReceiver.start()
  receiver.behaviour = () => {}
  const sink = await startSink({ endpoint: receiver.url, timeout: '10s', interval: '1h' })
  sink.onSecond(secondOf([slowPickup]))
  const beginMs = performance.now()
  await sink.close()
  assert.ok(performance.now() - beginMs < 8000)
  assert.deepEqual(sink.droppedExports, { metrics: 1, logs: 1 })
})
