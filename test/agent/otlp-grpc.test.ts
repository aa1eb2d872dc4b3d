import { Metadata, status } from '@grpc/grpc-js'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { ProtobufWriter } from '../../src/export/otlp/protobuf-writer.ts'
import { slowPickup } from './otlp-examples.ts'
import { GrpcReceiver, type GrpcFailure } from './otlp-grpc-receiver.ts'
import { valuesOf } from './otlp-messages.ts'
import { until } from './otlp-receiver.ts'
import { Metrics, secondOf, startSink } from './otlp-sinks.ts'

test('metrics and logs over gRPC', async () => {
  await using receiver = await GrpcReceiver.start()
  const metrics = new Metrics()
  metrics.lost = 5
  const headers = { authorization: 'Bearer t0ps3cret' }
  const sink = await startSink({ endpoint: receiver.url, protocol: 'grpc', headers }, metrics)
  sink.onSecond(secondOf([slowPickup]))
  await until('both have come', () => receiver.metrics.length > 0 && receiver.logs.length > 0)
  await sink.close()
  const lost = receiver.metrics[0]?.find(({ name }) => name === 'wirelag.events.lost')
  assert.equal(lost?.sum?.dataPoints[0]?.asDouble, 5)
  assert.deepEqual(
    receiver.logs.map(({ attributes }) => valuesOf(attributes)['wirelag.incident.id']),
    ['k1'],
  )
  assert.deepEqual(receiver.metadata[0]?.get('authorization'), ['Bearer t0ps3cret'])
  assert.match(String(receiver.metadata[0]?.get('user-agent')), /^wirelag\/1\.2\.3$/)
  assert.deepEqual([sink.droppedExports, sink.notice()], [{ metrics: 0, logs: 0 }, undefined])
})

function retryIn(seconds: number): Metadata {
  const writer = new ProtobufWriter()
  writer.writeMessage(3, () => {
    writer.writeString(1, 'type.googleapis.com/google.rpc.RetryInfo')
    writer.writeMessage(2, () => writer.writeMessage(1, () => writer.writeInteger(1, seconds)))
  })
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', Buffer.from(writer.finish()))
  return metadata
}

const failures: { name: string; failure: GrpcFailure | 'silence'; told: string; isFinal: boolean }[] = [
  { name: 'silent', failure: 'silence', told: 'no answer within 1000 ms', isFinal: false },
  {
    name: 'unavailable',
    failure: { code: status.UNAVAILABLE, details: 'later' },
    told: 'gRPC UNAVAILABLE: later',
    isFinal: false,
  },
  {
    name: 'overrun, and saying how long',
    failure: { code: status.RESOURCE_EXHAUSTED, details: 'too many', metadata: retryIn(3) },
    told: 'gRPC RESOURCE_EXHAUSTED: too many',
    isFinal: false,
  },
  {
    name: 'overrun',
    failure: { code: status.RESOURCE_EXHAUSTED, details: 'too many' },
    told: 'gRPC RESOURCE_EXHAUSTED: too many',
    isFinal: true,
  },
  {
    name: 'refusing the secret aloud',
    failure: { code: status.UNAUTHENTICATED, details: 'who is t0ps3cret?' },
    told: 'gRPC UNAUTHENTICATED: who is …?',
    isFinal: true,
  },
]

test('receivers that fail: told, counted, and well again within 30 s', async () => {
  const pairs = await Promise.all(
    failures.map(async (expected) => {
      const receiver = await GrpcReceiver.start()
      receiver.failure = expected.failure
      const headers = { 'x-token': 't0ps3cret' }
      const sink = await startSink({ endpoint: receiver.url, protocol: 'grpc', headers })
      sink.onSecond(secondOf([slowPickup]))
      return { expected, receiver, sink }
    }),
  )
  try {
    for (const { expected, receiver, sink } of pairs) {
      const { name, told, isFinal } = expected
      await until(`${name}: two metrics are dropped`, () => sink.droppedExports.metrics >= 2)
      await until(`${name}: told of both`, () => sink.notice()?.includes('; logs do not arrive: ') ?? false)
      const both = ['metrics', 'logs'].map((signal) => `${signal} do not arrive: ${told}`).join('; ')
      assert.equal(sink.notice(), `OTLP to ${receiver.url}: ${both}`)
      assert.equal(sink.droppedExports.logs, isFinal ? 1 : 0, name)
    }
    const [first = 0, second = 0] =
      pairs.find(({ expected }) => expected.name.includes('how long'))?.receiver.timesMs ?? []
    assert.ok(second - first >= 2990, 'RetryInfo holds')
    for (const { receiver } of pairs) receiver.failure = undefined
    for (const { expected, receiver, sink } of pairs) {
      await until(`${expected.name}: all is well`, () => sink.notice() === undefined)
      assert.equal(receiver.logs.length, expected.isFinal ? 0 : 1, expected.name)
    }
  } finally {
    await Promise.all(pairs.map(({ sink }) => sink.close()))
    await Promise.all(pairs.map(({ receiver }) => receiver[Symbol.asyncDispose]()))
  }
})

test('a server that ends, and comes back on its port', async () => {
  const first = await GrpcReceiver.start()
  const { port, url } = first
  const sink = await startSink({ endpoint: url, protocol: 'grpc' })
  await until('it has come', () => first.metrics.length > 0)
  await first[Symbol.asyncDispose]()
  sink.onSecond(secondOf([slowPickup]))
  await until('told of both', () => sink.notice()?.includes('; logs') ?? false)
  assert.match(sink.notice() ?? '', /metrics do not arrive: (ECONNREFUSED|the connection was cut|gRPC UNAVAILABLE.*);/)
  await using second = await GrpcReceiver.start(port)
  await until('all is well', () => sink.notice() === undefined)
  assert.deepEqual([second.logs.length, sink.droppedExports.logs], [1, 0])
  await sink.close()
})

test('a port that takes connections and says nothing: none stays open', async () => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sink = await startSink({ endpoint, protocol: 'grpc' })
  await until('it is tried three times', () => sink.droppedExports.metrics >= 3)
  assert.equal(sink.notice(), `OTLP to ${endpoint}: metrics do not arrive: no answer within 1000 ms`)
  assert.ok(sockets.size <= 2, `${sockets.size} connections`)
  await sink.close()
  await until('all are closed', () => sockets.size === 0)
  server.close()
})
