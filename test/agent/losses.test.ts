import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { twoHosts } from '../../lab/network.ts'
import { VictoriaMetrics } from '../../lab/victoria-metrics.ts'
import { openStore } from '../../src/store/open-store.ts'
import { Run } from '../cli/wirelag.ts'

/** How long nobody reads what the kernel says. */
const stoppedMs = 5000
/** After that it must be seen everywhere. */
const shownWithinMs = 2000
const connections = 3000

interface Line {
  time: string
  message: string
  url?: string
  signal?: string
  lost?: number
}

function linesOf({ stdout }: { stdout: string }): Line[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)
}

async function lostByMetrics(url: string): Promise<number> {
  const text = await (await fetch(url)).text()
  const counts = [...text.matchAll(/^wirelag_events_lost_total\{[^}]*\} (\S+)$/gm)]
  return counts.reduce((sum, [, count]) => sum + Number(count), 0)
}

test('what is lost while nobody reads shows within 2 s everywhere, with the same number', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-losses-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  await using receiver = await VictoriaMetrics.start()
  const config = join(folder, 'wirelag.yaml')
  writeFileSync(config, `otlp:\n  endpoint: ${receiver.url}/opentelemetry/\n  interval: 1m\n`)
  const args = ['--state-dir', folder, '--listen', '127.0.0.1:0', '--ring-size', '64K', '--config', config]
  const run = new Run(['agent', '--json', ...args])
  t.after(() => run.kill('SIGKILL'))
  await run.until((self) => self.stdout.includes('"url":'))
  const url = linesOf(run).find((line) => line.url)?.url ?? ''
  assert.equal(await lostByMetrics(url), 0)
  {
    await using hosts = await twoHosts()
    const { a, b, addressB } = hosts
    await b.do('listen l 0.0.0.0 80 4096')
    run.kill('SIGSTOP')
    const accepting = b.in('acceptor', `accept-many l ${connections}`)
    await a.do(`connect-many ${addressB} 80 ${connections}`)
    await accepting
    await sleep(stoppedMs)
  }
  const wokenMs = Date.now()
  const times: Record<string, number> = {}
  const shown = (where: string): void => void (times[where] = Date.now() - wokenMs)
  run.kill('SIGCONT')
  await run.until((self) => self.stdout.includes('"lost":'))
  shown('terminal')
  while ((await lostByMetrics(url)) === 0) await sleep(20)
  shown('metrics')
  const store = await openStore({ folder, url: undefined }, 'read')
  t.after(() => store.close())
  const booked = async (): Promise<{ signal: string; lost: number }[]> => {
    const records = await store.read({ fromUnixMs: 0, toUnixMs: Date.now() + 60_000, kinds: ['book'] })
    return records.map(({ body }) => body as { signal: string; lost: number }).filter(({ lost }) => lost > 0)
  }
  while ((await booked()).length === 0) await sleep(20)
  shown('recorder')
  while (((await receiver.query('sum(wirelag_events_lost_total)'))[0]?.value ?? 0) === 0) await sleep(20)
  shown('otlp')
  assert.ok(Math.max(...Object.values(times)) < shownWithinMs, JSON.stringify(times))

  run.kill('SIGTERM')
  assert.equal((await run.ended()).exitCode, 0)
  const told = linesOf(run).flatMap(({ signal, lost }) => (signal !== undefined && lost ? { signal, lost } : []))
  const sumOf = (losses: readonly { lost: number }[]): number => losses.reduce((sum, { lost }) => sum + lost, 0)
  assert.ok(sumOf(told) > connections, `${sumOf(told)}`)
  const atOnce = (await booked()).filter((_, i) => i < told.length)
  assert.deepEqual(atOnce, told)
})
