import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { StoredRecord } from '../../src/model/record.ts'
import type { RollUp } from '../../src/store/roll-up-tiers.ts'
import type { Store, StoreLimits } from '../../src/store/store.ts'
import { addUp } from './counts-roll-up.ts'
import { record as recordOf } from './records.ts'
import { everything, largeLimits, openScratch, scratchFolder, seededRandom } from './scratch.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const now = Date.UTC(2026, 0, 10)

function record(parts: Partial<StoredRecord>): StoredRecord {
  return recordOf({ timeUnixMs: now, key: 'a', ...parts })
}

async function opened(t: TestContext, limits: Partial<StoreLimits>, rollUp?: RollUp): Promise<[Store, string]> {
  const folder = scratchFolder(t)
  const all = { ...largeLimits, ...limits }
  return [await openScratch(t, folder, { limits: all, ...(rollUp ? { rollUp } : {}) }), folder]
}

/** How many records there are of each length of step, and what they add up to. */
async function sumsOf(store: Store): Promise<Record<number, [records: number, sum: number]>> {
  const sums: Record<number, [number, number]> = {}
  for (const { spanMs, body } of await store.read(everything)) {
    const [records, sum] = sums[spanMs] ?? [0, 0]
    sums[spanMs] = [records + 1, sum + (body as { count: number }).count]
  }
  return sums
}

test('steps become longer as they grow older, and what they add up to stays', async (t) => {
  const [store] = await opened(t, {}, addUp)
  for (const [agoMs, records] of [
    [2 * dayMs, 120],
    [13 * hourMs, 12],
    [10 * minuteMs, 6],
  ] as const)
    for (const key of ['a', 'b'])
      await store.append(
        Array.from({ length: records }, (_, i) => record({ key, timeUnixMs: now - agoMs + i * 10_000 })),
      )
  const moment = record({ kind: 'incident', spanMs: 0, timeUnixMs: now - 2 * dayMs })
  await store.append([moment])
  const expected = { 0: [1, 1], 10_000: [12, 12], 60_000: [4, 24], 600_000: [4, 240] }
  await store.maintain(now)
  assert.deepEqual(await sumsOf(store), expected)
  await store.maintain(now)
  assert.deepEqual(await sumsOf(store), expected)
  const first = await store.read({ ...everything, toUnixMs: now - 2 * dayMs + 1 })
  const longest = { spanMs: 600_000, timeUnixMs: now - 2 * dayMs, body: { count: 60 } }
  assert.deepEqual(first, [moment, record({ ...longest, key: 'a' }), record({ ...longest, key: 'b' })])
  assert.equal(store.status().setAside, 0)
})

test('what does not roll up stays as it was', async (t) => {
  const [store] = await opened(t, {}, addUp)
  const findings = [1, 2].map((i) => record({ kind: 'finding', key: `${i}`, timeUnixMs: now - 2 * dayMs + i }))
  await store.append(findings)
  await store.maintain(now)
  assert.deepEqual(await store.read(everything), findings)
})

test('what begins in a step that is not over yet is not rolled up', async (t) => {
  const [store] = await opened(t, {}, addUp)
  await store.append([0, 1, 2].map((i) => record({ timeUnixMs: now - 12 * hourMs + i * 10_000 })))
  await store.maintain(now + 30_000)
  assert.deepEqual(await sumsOf(store), { 10_000: [3, 3] })
  await store.maintain(now + minuteMs)
  assert.deepEqual(await sumsOf(store), { 60_000: [1, 3] })
})

test('a history that is too large loses its oldest, and the file shrinks', async (t) => {
  const maxBytes = 2 ** 20
  const [store, folder] = await opened(t, { maxBytes })
  const text = Array.from({ length: 200 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * 7919) % 20_000))).join('')
  for (let i = 0; i < 60; i++)
    await store.append(
      Array.from({ length: 100 }, (_, k) =>
        record({ timeUnixMs: now + (i * 100 + k) * 10_000, key: `${k}`, body: { text, i, k } }),
      ),
    )
  await store.maintain(now + 6000 * 10_000)
  const left = await store.read(everything)
  assert.ok(statSync(join(folder, 'history.db')).size <= maxBytes)
  assert.ok(Number(store.status().bytes) <= maxBytes)
  assert.ok(left.length > 500 && left.length < 6000, `${left.length} are left`)
  assert.deepEqual(
    left.map(({ timeUnixMs }) => timeUnixMs),
    Array.from({ length: left.length }, (_, i) => now + (6000 - left.length + i) * 10_000),
  )
})

test('names that no record bears any more are forgotten', async (t) => {
  const [store, folder] = await opened(t, { maxAgeMs: dayMs })
  const many = Array.from({ length: 30_000 }, (_, i) => record({ key: `process ${i}`, timeUnixMs: now - 2 * dayMs }))
  await store.append(many)
  await store.append([record({ key: 'young' })])
  await store.close()
  const again = await openScratch(t, folder, { limits: { ...largeLimits, maxAgeMs: dayMs } })
  for (let i = 0; i < 40; i++) await again.maintain(now)
  assert.deepEqual(await again.read(everything), [record({ key: 'young' })])
  assert.ok(Number(again.status().bytes) < 100_000, `${again.status().bytes} bytes`)
})

test('killed while it rolls up, a history has the finer steps or the coarser, and adds up to the same', async (t) => {
  const random = seededRandom(11)
  const [steps, keys] = [360, 10]
  let between = 0
  for (let i = 0; i < 15; i++) {
    const folder = scratchFolder(t)
    const writer = join(import.meta.dirname, 'aging-writer.ts')
    const child = spawn(process.execPath, [writer, folder, `${steps}`, `${keys}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await delay(random() * 80)
    child.kill('SIGKILL')
    await once(child, 'close')
    const sums = new Map<string, number>()
    const spans = new Set<number>()
    for (const { key, body, spanMs } of await (await openScratch(t, folder, { mode: 'read' })).read(everything)) {
      sums.set(key, (sums.get(key) ?? 0) + (body as { count: number }).count)
      spans.add(spanMs)
    }
    assert.deepEqual(
      [...sums.entries()].toSorted(([a], [b]) => Number(a) - Number(b)),
      Array.from({ length: keys }, (_, key) => [`${key}`, steps]),
    )
    if (spans.size > 1) between++
  }
  assert.ok(between > 0, 'some were killed in the middle')
})
