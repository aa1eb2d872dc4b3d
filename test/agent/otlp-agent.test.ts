import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { faultOf } from '../../lab/faults/catalogue.ts'
import { VictoriaMetrics } from '../../lab/victoria-metrics.ts'
import { Run } from '../cli/wirelag.ts'
import { valuesOf } from './otlp-messages.ts'
import { HttpReceiver, until } from './otlp-receiver.ts'

/** The agent itself, with that in its configuration. */
async function agent(t: TestContext, otlp: object, ...args: string[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-otlp-'))
  // YAML takes JSON.
  const config = join(folder, 'c.yaml')
  writeFileSync(config, JSON.stringify({ host: 'edge-07', otlp }))
  const run = new Run(['agent', '--json', '--listen', 'off', '--state-dir', folder, '--config', config, ...args])
  t.after(async () => {
    run.kill('SIGKILL')
    await run.ended()
    rmSync(folder, { recursive: true, force: true })
  })
  await run.until((self) => self.stdout.includes('"watching '))
  assert.match(run.stdout, /"watching /, run.stderr)
  return run
}

async function makeConnections(count: number): Promise<void> {
  const server = createServer((socket) => socket.on('error', () => {}).end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1').resume()
    await once(socket, 'close')
  }
  server.close()
}

interface Line {
  lost?: number
  cause?: string
  pid?: number
}

function linesOf({ stdout }: Run): Line[] {
  const lines = stdout.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Line)
}

/** The sum of what the agent has said of losses on its terminal. */
function lostAsTold(run: Run): number {
  return linesOf(run).reduce((sum, { lost = 0 }) => sum + lost, 0)
}

/** What the agent has said that a process is the cause of. */
function causesAsTold(run: Run, pid: number): string[] {
  return linesOf(run).flatMap((line) => (line.pid === pid && line.cause !== undefined ? [line.cause] : []))
}

test('what the ring lost while the agent stood still arrives, to the last event', async (t) => {
  await using store = await VictoriaMetrics.start()
  const endpoint = `${store.url}/opentelemetry`
  const run = await agent(t, { endpoint, signals: ['metrics'], interval: '1s' }, '--ring-size', '64K')
  run.kill('SIGSTOP')
  await makeConnections(2000)
  run.kill('SIGCONT')
  await run.until((self) => lostAsTold(self) > 0)
  const query = 'sum(wirelag_events_lost_total{host_name="edge-07"})'
  await until('losses arrive', async () => ((await store.query(query))[0]?.value ?? 0) > 0)
  // The end tells the rest.
  run.kill('SIGTERM')
  const { exitCode } = await run.ended()
  assert.equal(exitCode, 0)
  await until('all of them', async () => (await store.query(query))[0]?.value === lostAsTold(run))
  const [books] = await store.query(
    'sum(wirelag_events_attempted_total) - sum({__name__=~"wirelag_events_(delivered|lost|filtered|invalid)_total"})',
  )
  assert.equal(books?.value, 0)
})

test('findings and incidents of a real fault', async (t) => {
  await using receiver = await HttpReceiver.start()
  const run = await agent(t, { endpoint: receiver.url, interval: '1s' })
  await using fault = await faultOf('slow-reader-busy')!.start()
  const { pid } = fault.culprit
  const attributesOf = (eventName: string): Record<string, unknown>[] =>
    receiver.logs
      .filter((record) => record.eventName === eventName)
      .map(({ attributes }) => valuesOf(attributes))
      .filter((attributes) => attributes['process.pid'] === pid)
  // What it finds is the same as it says on its terminal; on a busy machine other causes too, and slow are other stages too.
  await run.until((self) => causesAsTold(self, pid).length > 0)
  const [cause] = causesAsTold(run, pid)
  const causes = (): unknown[] => attributesOf('wirelag.finding.begin').map((finding) => finding['wirelag.cause'])
  await until('the finding', () => causes().includes(cause))
  const pickups = (): Record<string, unknown>[] =>
    attributesOf('wirelag.incident').filter((incident) => incident['wirelag.stage'] === 'pickup')
  await until('its incidents', () => pickups().length > 0)
  for (const incident of pickups()) {
    assert.ok(Number(incident['wirelag.latency_ns']) > 20e6)
    assert.match(String(incident['wirelag.incident.id']), /^[0-9a-z]+$/)
  }
  const names = new Set(receiver.metrics.at(-1)?.map(({ name }) => name))
  for (const name of ['wirelag.events.lost', 'wirelag.tcp.receive_pickup.duration', 'system.network.connection.count'])
    assert.ok(names.has(name), name)
})
