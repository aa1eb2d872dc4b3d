import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pastOverlay } from '../../src/pipeline/past-overlay.ts'
import type { StoredRecord } from '../../src/model/record.ts'
import { recordsOf } from '../../src/store/observation-records.ts'
import { openStore } from '../../src/store/open-store.ts'
import { activityOf, stepOf } from '../../src/store/step-examples.ts'
import type { Store } from '../../src/store/store.ts'
import { runToEnd } from '../cli/wirelag.ts'

const stepMs = 10_000
/** Half an hour of steps; the last has just ended. */
const steps = 180
const startUnixMs = Math.floor(Date.now() / stepMs) * stepMs - steps * stepMs
let folder: string
let store: Store

/** Whether something is slow in a step: for one to three of them, every now and then. */
function isSlow(step: number): boolean {
  return [2, 3, 9, 14, 15, 16, 24, 31, 32, 37].includes(step % 41)
}

function recordsIn(step: number): StoredRecord[] {
  const activity = activityOf(
    1000,
    Array.from<number>({ length: 20 }).fill(isSlow(step) ? 90e6 : 1e6 + (step % 7) * 1e5),
  )
  const timeUnixMs = startUnixMs + step * stepMs
  const http: StoredRecord = {
    kind: 'http',
    host: 'edge-07',
    timeUnixMs,
    spanMs: stepMs,
    key: 'checkout',
    service: 'checkout',
    container: '',
    pod: '',
    namespace: '',
    body: { p95Ms: (isSlow(step - 1) ? 200 : 15) + (step % 5), windowMs: stepMs },
  }
  return [...recordsOf(stepOf({ edges: [activity] }, { startUnixMs: timeUnixMs })), http]
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wirelag-overlay-'))
  const writer = await openStore({ folder, url: undefined }, 'write')
  await writer.append(Array.from({ length: steps }, (_, step) => recordsIn(step)).flat())
  await writer.append(recordsOf(stepOf({}, { host: 'edge-08', startUnixMs })))
  await writer.close()
  store = await openStore({ folder, url: undefined }, 'read')
})

after(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

test('a minute of the history: what moved around it', async () => {
  const fromUnixMs = startUnixMs + 90 * stepMs
  const overlay = await pastOverlay(store, 'edge-07', { fromUnixMs, toUnixMs: fromUnixMs + 60_000 })
  assert.deepEqual([overlay?.fromUnixMs, overlay?.toUnixMs], [fromUnixMs - 9.5 * 60_000, fromUnixMs + 10.5 * 60_000])
  assert.deepEqual(overlay?.unexplained, [])
  // Twenty minutes are 120 steps, and a part of one; the last has no next one.
  assert.deepEqual(
    overlay?.findings.map(({ sentence }) => sentence),
    ['HTTP p95 of checkout follows pickup p95 of web → 10.0.0.2:5432 by 10 s (r = 1.00 over 119 steps)'],
  )
})

test('a host of which nothing of HTTP is recorded', async () => {
  const window = { fromUnixMs: startUnixMs, toUnixMs: startUnixMs + stepMs }
  assert.equal(await pastOverlay(store, 'edge-08', window), undefined)
})

test('why --last tells it, as text and as JSON', async () => {
  const sentence =
    /^HTTP p95 of checkout follows pickup p95 of web → 10\.0\.0\.2:5432 by 10 s \(r = 1\.00 over 1\d\d steps\)$/
  const text = await runToEnd(['why', '--last', '25m', '--on', 'edge-07', '--store', folder])
  const lines = text.stdout.trimEnd().split('\n')
  assert.match(lines.at(-2)!, /^HTTP, \d{4}-\d\d-\d\d .* to .*:$/)
  assert.match(lines.at(-1)!.trim(), sentence)
  const json = await runToEnd(['why', '--last', '25m', '--on', 'edge-07', '--store', folder, '--json'])
  const { http } = JSON.parse(json.stdout) as {
    http: { fromUnixNs: string; findings: { sentence: string; lagMs: number }[] }
  }
  assert.match(http.fromUnixNs, /^\d{13}000000$/)
  assert.equal(http.findings[0]?.lagMs, stepMs)
  assert.match(http.findings[0].sentence, sentence)
  const other = await runToEnd(['why', '--last', '1h', '--on', 'edge-08', '--store', folder])
  assert.doesNotMatch(other.stdout, /HTTP/)
})
