import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { StoredRecord } from '../../src/model/record.ts'
import { record, sampleTimeUnixMs as t0 } from './records.ts'
import { everything, largeLimits, scratchFolder, seededRandom } from './scratch.ts'

const seed = 20_260_102
const random = seededRandom(seed)

/** A history of 3,000 records, as it is after a clean end, and as it is under a writer that was killed. */
const templates = mkdtempSync(join(tmpdir(), 'wirelag-damage-'))
const closed = join(templates, 'closed')
const killed = join(templates, 'killed')
const foreign = join(templates, 'foreign')
const written = new Map<string, string>()

before(async () => {
  for (const [name, folder] of [
    ['own', closed],
    ['foreign', foreign],
  ] as const) {
    const store = await openSqliteStore({ folder, mode: 'write', limits: largeLimits })
    for (let batch = 0; batch < 30; batch++) {
      const records = Array.from({ length: 100 }, (_, i) => sample(name, batch * 100 + i))
      if (name === 'own') for (const one of records) written.set(one.key, textOf(one))
      await store.append(records)
    }
    if (name === 'own') cpSync(closed, killed, { recursive: true })
    else cpSync(foreign, `${foreign}-open`, { recursive: true })
    await store.close()
  }
})

after(() => rmSync(templates, { recursive: true }))

function textOf(one: StoredRecord): string {
  return JSON.stringify(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function sample(name: string, i: number): StoredRecord {
  return record({
    key: `${name} ${i}`,
    timeUnixMs: t0 + i * 1000,
    spanMs: i % 3 === 0 ? 0 : 10_000,
    kind: i % 3 === 0 ? 'incident' : 'edge',
    service: `service ${i % 20}`,
    body: { i, counts: Array.from({ length: i % 60 }, (_, k) => (k * 7919 * (i + 1)) % 100_003) },
  })
}

interface Outcome {
  /** Of what was written before. */
  left: number
  setAside: number
}

/** Opens a damaged history, reads, appends, reads again: nothing may be there that was not written. */
async function survive(t: TestContext, template: string, damage: (folder: string) => void): Promise<Outcome> {
  const folder = scratchFolder(t)
  cpSync(template, folder, { recursive: true })
  damage(folder)
  const store = await openSqliteStore({ folder, mode: 'write', limits: largeLimits })
  try {
    await store.read(everything)
    const added = record({ key: 'added', timeUnixMs: t0 + 1e7, body: 'after' })
    await store.append([added])
    const all = await store.read(everything)
    const again = await store.read(everything)
    assert.deepEqual(again, all)
    assert.deepEqual(all.at(-1), added)
    const keys = new Set<string>()
    for (const one of all.slice(0, -1)) {
      assert.equal(textOf(one), written.get(one.key), 'a record is as it was written')
      assert.ok(!keys.has(one.key), 'and there once')
      keys.add(one.key)
    }
    assert.equal(store.status().state, 'recording')
    assert.equal(store.status().droppedRecords, 0)
    return { left: keys.size, setAside: store.status().setAside }
  } finally {
    await store.close()
    rmSync(folder, { recursive: true })
  }
}

function flipBits(path: string, count: number): void {
  const bytes = readFileSync(path)
  for (let i = 0; i < count; i++) bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8)
  writeFileSync(path, bytes)
}

const all = 3000

test('an undamaged history is whole', async (t) => {
  assert.deepEqual(await survive(t, closed, () => {}), { left: all, setAside: 0 })
  assert.deepEqual(await survive(t, killed, () => {}), { left: all, setAside: 0 })
})

test('flipped bits of the database: what is lost is counted', async (t) => {
  for (let i = 0; i < 100; i++) {
    const { left, setAside } = await survive(t, closed, (folder) => flipBits(join(folder, 'history.db'), 1 + (i % 8)))
    assert.ok(left === all || setAside > 0, `${i}: ${left} left, ${setAside} set aside`)
  }
})

test('flipped bits beside the database', async (t) => {
  for (let i = 0; i < 15; i++)
    for (const name of ['history.db', 'history.db-wal', 'history.db-shm']) {
      const { left, setAside } = await survive(t, killed, (folder) => flipBits(join(folder, name), 1 + (i % 8)))
      assert.ok(left === all || setAside > 0, `${name}: ${left} left`)
      if (name.endsWith('-shm')) assert.equal(left, all)
    }
})

test('a database that was cut off', async (t) => {
  const size = readFileSync(join(closed, 'history.db')).length
  for (let i = 0; i < 30; i++) {
    const length = i < 20 ? Math.floor(random() * 8192) : Math.floor(random() * size)
    const { left, setAside } = await survive(t, closed, (folder) => truncateSync(join(folder, 'history.db'), length))
    assert.ok(setAside > 0 || length === 0, `${length}: ${left}`)
  }
})

function garbage(bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256)))
}

const wholes: [what: string, template: () => string, damage: (folder: string) => void, expected: Outcome][] = [
  [
    'without its -wal, which held all of it',
    () => killed,
    (folder) => rmSync(join(folder, 'history.db-wal')),
    { left: 0, setAside: 0 },
  ],
  [
    'with the -wal of another',
    () => killed,
    (folder) => cpSync(join(`${foreign}-open`, 'history.db-wal'), join(folder, 'history.db-wal')),
    { left: 0, setAside: 1 },
  ],
  [
    'that was closed, with the -wal of another',
    () => closed,
    (folder) => cpSync(join(`${foreign}-open`, 'history.db-wal'), join(folder, 'history.db-wal')),
    { left: all, setAside: 1 },
  ],
  ['of no bytes', () => closed, (folder) => truncateSync(join(folder, 'history.db')), { left: 0, setAside: 0 }],
  [
    'that is garbage',
    () => closed,
    (folder) => writeFileSync(join(folder, 'history.db'), garbage(100_000)),
    { left: 0, setAside: 1 },
  ],
  [
    'that is a text',
    () => closed,
    (folder) => writeFileSync(join(folder, 'history.db'), 'hello'),
    { left: 0, setAside: 1 },
  ],
  [
    'with garbage beside it',
    () => killed,
    (folder) => writeFileSync(join(folder, 'history.db-shm'), garbage(32_768)),
    { left: all, setAside: 0 },
  ],
  [
    'with garbage for a lock',
    () => closed,
    (folder) => writeFileSync(join(folder, 'writer.lock'), garbage(5000)),
    { left: all, setAside: 0 },
  ],
  [
    'whose first page is garbage',
    () => closed,
    (folder) => overwrite(join(folder, 'history.db'), 0, garbage(4096)),
    { left: all, setAside: 1 },
  ],
  [
    'whose header is of another format',
    () => closed,
    (folder) => overwrite(join(folder, 'history.db'), 60, Buffer.from([0, 0, 0, 77])),
    { left: all, setAside: 1 },
  ],
]

function overwrite(path: string, offset: number, by: Buffer): void {
  const bytes = readFileSync(path)
  by.copy(bytes, offset)
  writeFileSync(path, bytes)
}

for (const [what, template, damage, expected] of wholes)
  test(`a database ${what}`, async (t) => assert.deepEqual(await survive(t, template(), damage), expected))

test('a page of which nothing can be read costs what is in it', async (t) => {
  const pages = readFileSync(join(closed, 'history.db')).length / 4096
  for (let i = 0; i < 10; i++) {
    const page = 10 + Math.floor(random() * (pages - 10))
    const { left, setAside } = await survive(t, closed, (folder) =>
      overwrite(join(folder, 'history.db'), page * 4096, garbage(4096)),
    )
    assert.equal(setAside, 1)
    assert.ok(left > all * 0.8, `page ${page}: ${left} left`)
  }
})
