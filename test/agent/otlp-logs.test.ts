import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failedConnect, fallenBehind, slowPickup } from './otlp-examples.ts'
import { valuesOf } from './otlp-messages.ts'
import { HttpReceiver, until } from './otlp-receiver.ts'
import { secondOf, startSink, stepOf } from './otlp-sinks.ts'

test('incidents, and findings as they come and go', async () => {
  await using receiver = await HttpReceiver.start()
  const sink = await startSink({ endpoint: receiver.url, signals: ['logs'] })
  sink.onSecond(secondOf([slowPickup]))
  sink.onSecond(secondOf([failedConnect]))
  // Once not found is not over yet; three times is.
  const found = [[fallenBehind], [fallenBehind], [], [fallenBehind], [], [], []]
  for (const [i, findings] of found.entries()) sink.onStep(stepOf(findings, 1_790_000_000_000 + i * 10_000))
  await until('all are there', () => receiver.logs.length === 4)
  await sink.close()
  assert.deepEqual(
    receiver.logs.map(({ eventName, timeUnixNano, attributes }) => {
      const { 'wirelag.incident.id': id, 'wirelag.cause': cause } = valuesOf(attributes)
      return [eventName, timeUnixNano, id ?? cause]
    }),
    [
      ['wirelag.incident', '1790000060123456789', 'k1'],
      ['wirelag.incident', '1790000060123456789', 'k2'],
      ['wirelag.finding.begin', '1790000010000000000', 'slow-reader-busy'],
      ['wirelag.finding.end', '1790000070000000000', 'slow-reader-busy'],
    ],
  )
  assert.deepEqual(sink.droppedExports, { metrics: 0, logs: 0 })
  assert.equal(sink.notice(), undefined)
})

test('the request: path, headers, compression', async () => {
  await using receiver = await HttpReceiver.start()
  const headers = { Authorization: 'Bearer t0ps3cret', 'x-scope-orgid': 'team-7' }
  const zipped = await startSink({ endpoint: `${receiver.url}/otlp/`, headers })
  const plain = await startSink({ endpoint: receiver.url, compression: 'none', signals: ['metrics'] })
  await until('both have sent', () => receiver.metrics.length >= 2)
  await Promise.all([zipped.close(), plain.close()])
  const [withHeaders, without] = ['/otlp/v1/metrics', '/v1/metrics'].map(
    (path) => receiver.received.find((received) => received.path === path)?.headers ?? assert.fail(path),
  )
  assert.deepEqual(
    { ...withHeaders, 'content-length': undefined, host: undefined },
    {
      authorization: 'Bearer t0ps3cret',
      'x-scope-orgid': 'team-7',
      'content-type': 'application/x-protobuf',
      'content-encoding': 'gzip',
      'content-length': undefined,
      'user-agent': 'wirelag/1.2.3',
      connection: 'close',
      host: undefined,
    },
  )
  assert.deepEqual([without?.['content-encoding'], without?.['authorization']], [undefined, undefined])
})

test('what waits at the end is sent yet', async () => {
  await using receiver = await HttpReceiver.start()
  const sink = await startSink({ endpoint: receiver.url, interval: '1h' })
  // More than goes into one request.
  for (let i = 0; i < 600; i++) sink.onSecond(secondOf([{ ...slowPickup, id: `k${i}` }]))
  await sink.close()
  assert.deepEqual(
    receiver.logs.map(({ attributes }) => valuesOf(attributes)['wirelag.incident.id']),
    Array.from({ length: 600 }, (_, i) => `k${i}`),
  )
  assert.equal(receiver.metrics.length, 1)
  assert.ok(receiver.received.length > 2, `${receiver.received.length} requests`)
})

test('of too many that wait the oldest are dropped, and counted', async () => {
  const sink = await startSink({ endpoint: 'http://127.0.0.1:1', interval: '1h' })
  for (let i = 0; i < 3000; i++) sink.onSecond(secondOf([slowPickup]))
  const { logs } = sink.droppedExports
  assert.ok(logs > 1000 && logs < 3000, `${logs} dropped`)
  await sink.close()
  assert.equal(sink.droppedExports.logs, 3000)
})
