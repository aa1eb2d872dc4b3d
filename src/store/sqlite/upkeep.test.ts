import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { StoredRecord } from '../../model/record.ts'
import type { RecordQuery, Store, StoreLimits } from '../store.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { RollUp } from './upkeep.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const now = Date.UTC(2026, 0, 10)
const everything: RecordQuery = { fromUnixMs: 0, toUnixMs: 2 ** 42 }

function record(parts: Partial<StoredRecord>): StoredRecord {
  const subject = { service: 'web', container: '', pod: '', namespace: '' }
  return {
    kind: 'edge',
    host: 'h',
    timeUnixMs: now,
    spanMs: 10_000,
    key: 'a',
    ...subject,
    body: { count: 1 },
    ...parts,
  }
}

async function opened(t: TestContext, limits: Partial<StoreLimits>, rollUp?: RollUp): Promise<[Store, string]> {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-upkeep-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const all = { maxBytes: 2 ** 30, maxAgeMs: 7 * dayMs, ...limits }
  const store = await openSqliteStore({ folder, mode: 'write', limits: all, ...(rollUp ? { rollUp } : {}) })
  t.after(() => store.close())
  return [store, folder]
}

/** Adds up the counts of each key; findings stay as they are. */
const addUp: RollUp = (records, spanMs) => {
  const sums = new Map<string, StoredRecord>()
  for (const one of records.filter(({ kind }) => kind !== 'finding')) {
    const { count } = one.body as { count: number }
    const sum = sums.get(`${one.kind} ${one.key}`)
    const timeUnixMs = Math.floor(one.timeUnixMs / spanMs) * spanMs
    const before = sum ? (sum.body as { count: number }).count : 0
    sums.set(`${one.kind} ${one.key}`, { ...one, timeUnixMs, spanMs, body: { count: before + count } })
  }
  return [...sums.values(), ...records.filter(({ kind }) => kind === 'finding')]
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
    [3 * hourMs, 12],
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
  await store.append([0, 1, 2].map((i) => record({ timeUnixMs: now - hourMs + i * 10_000 })))
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
  const again = await openSqliteStore({ folder, mode: 'write', limits: { maxBytes: 2 ** 30, maxAgeMs: dayMs } })
  t.after(() => again.close())
  for (let i = 0; i < 40; i++) await again.maintain(now)
  assert.deepEqual(await again.read(everything), [record({ key: 'young' })])
  assert.ok(Number(again.status().bytes) < 100_000, `${again.status().bytes} bytes`)
})
