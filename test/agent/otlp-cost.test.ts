import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../../lab/free-port.ts'
import { GrpcReceiver } from './otlp-grpc-receiver.ts'
import type { LoadReport } from './otlp-load.ts'
import { HttpReceiver, type Behaviour } from './otlp-receiver.ts'

const run = promisify(execFile)
const program = fileURLToPath(new URL('otlp-load.ts', import.meta.url))
const mebibyte = 1024 * 1024

/** With the memory settings of bin/wirelag for the agent. */
async function load(protocol: string, urls: readonly string[]): Promise<LoadReport> {
  const flags = ['--expose-gc', '--max-semi-space-size=1', '--heap-growing-percent=20']
  const env = { ...process.env, MALLOC_ARENA_MAX: '1' }
  const { stdout } = await run(process.execPath, [...flags, program, protocol, ...urls], { env })
  return JSON.parse(stdout) as LoadReport
}

function assertCheap(report: LoadReport, tell: (text: string) => void): void {
  const { idleBytes, usualBytes, healthyBytes, faults, unhandled, encodeMs, requestBytes, maxLoopDelayMs } = report
  const mib = (bytes: number): string => `${(bytes / mebibyte).toFixed(1)} MiB`
  tell(
    `configured: ${mib(usualBytes - idleBytes)} more; a request of ${requestBytes} bytes in ${encodeMs.toFixed(1)} ms`,
  )
  tell(`faults: ${faults.map(({ rssBytes }) => mib(rssBytes - healthyBytes)).join(', ')} more`)
  tell(`the event loop was away for ${maxLoopDelayMs.toFixed(0)} ms at most`)
  for (const { url, rssBytes, sockets, droppedLogs } of faults) {
    assert.ok(rssBytes - healthyBytes <= 8 * mebibyte, `${url}: ${mib(rssBytes - healthyBytes)} more`)
    assert.ok(sockets <= 2, `${url}: ${sockets} sockets`)
    assert.ok(droppedLogs > 0, `${url}: more records than may wait`)
  }
  assert.deepEqual(unhandled, [])
  // Said of a stall, not of this machine's other work.
  assert.ok(maxLoopDelayMs < 1000)
}

const httpFaults: Behaviour[] = [
  () => {},
  (response) => response.writeHead(500).end('x'.repeat(1_000_000)),
  (response) => response.writeHead(429, { 'retry-after': '1' }).end(),
  (response) => response.writeHead(302, { location: 'http://192.0.2.1/' }).end(),
  (response) => setTimeout(() => response.writeHead(200).end(), 1500),
]

test('HTTP receivers that are down, hang, fail, redirect or are slow cost at most 8 MiB', async (t) => {
  const receivers = await Promise.all([undefined, ...httpFaults].map(() => HttpReceiver.start()))
  for (const [i, behaviour] of httpFaults.entries()) receivers[i + 1]!.behaviour = behaviour
  try {
    const down = `http://127.0.0.1:${await freePort()}`
    const report = await load('http/protobuf', [...receivers.map(({ url }) => url), down])
    assertCheap(report, (text) => t.diagnostic(text))
  } finally {
    await Promise.all(receivers.map((receiver) => receiver[Symbol.asyncDispose]()))
  }
})

test('gRPC receivers that are down or hang cost at most 8 MiB', async (t) => {
  await using healthy = await GrpcReceiver.start()
  await using silent = await GrpcReceiver.start()
  silent.failure = 'silence'
  const down = `http://127.0.0.1:${await freePort()}`
  assertCheap(await load('grpc', [healthy.url, silent.url, down]), (text) => t.diagnostic(text))
})
