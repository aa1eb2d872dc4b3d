import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { faultOf } from '../../lab/faults/catalogue.ts'
import { Run, runToEnd } from '../cli/wirelag.ts'

const openMetrics = { headers: { accept: 'application/openmetrics-text; version=1.0.0' } }

async function startAgent(t: TestContext, folder: string): Promise<{ run: Run; url: string }> {
  const run = new Run(['agent', '--json', '--state-dir', folder, '--listen', '127.0.0.1:0'])
  t.after(() => run.kill('SIGKILL'))
  await run.until((self) => self.stdout.includes('"url":'))
  return { run, url: /"url":"([^"]+)"/.exec(run.stdout)?.[1] ?? '' }
}

/** Ids of incidents that exemplars of received data's wait lead to. */
async function exemplars(url: string): Promise<string[]> {
  const text = await (await fetch(url, openMetrics)).text()
  const pattern = /^wirelag_tcp_receive_pickup_duration_seconds_bucket\{.*# \{incident_id="([^"]+)"\}/gm
  return [...text.matchAll(pattern)].map(([, id]) => id ?? '')
}

async function jsonOf(...args: string[]): Promise<Record<string, unknown>[]> {
  const { stdout, stderr } = await runToEnd([...args, '--json'])
  assert.notEqual(stdout, '', stderr)
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('the spike of an earlier fault is found by at, why --at and an exemplar, after the agent was killed and began again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-incident-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const first = await startAgent(t, folder)
  let pid: number
  {
    await using fault = await faultOf('slow-reader-asleep')!.start()
    ;({ pid } = fault.culprit)
    const told = (line: string): boolean => line.includes('"slow-reader-asleep"') && line.includes(`"pid":${pid}`)
    await first.run.until((self) => self.stdout.split('\n').some(told))
  }
  const at = new Date().toISOString()
  let ids: string[] = []
  while ((ids = await exemplars(first.url)).length === 0) await sleep(100)
  first.run.kill('SIGKILL')
  await first.run.ended()
  await startAgent(t, folder)

  const store = ['--store', folder]
  const incidents = (await Promise.all(ids.map((id) => jsonOf('at', '--incident', id, ...store)))).flat()
  const ofFault = incidents.filter(({ kind, pid: whose }) => kind === 'incident' && whose === pid)
  assert.ok(ofFault.length > 0, JSON.stringify(incidents))

  const why = await jsonOf('why', '--at', at, '--span', '1m', ...store)
  const { findings } = why.find(({ kind }) => kind === 'diagnosis') as {
    findings: { cause: string; pid?: number }[]
  }
  assert.ok(
    findings.some((finding) => finding.cause === 'slow-reader-asleep' && finding.pid === pid),
    JSON.stringify(findings),
  )
  const then = await jsonOf('at', at, '--span', '1m', ...store)
  const found = then.flatMap(({ findings: some = [] }) => some as typeof findings)
  assert.ok(
    found.some((finding) => finding.cause === 'slow-reader-asleep' && finding.pid === pid),
    JSON.stringify(then.map(({ kind }) => kind)),
  )
})
