import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { record } from './records.ts'
import { everything, openScratch, scratchFolder } from './scratch.ts'

const module = join(import.meta.dirname, '../../src/store/sqlite/sqlite-store.ts')

/** A process that opens the folder for writing, tells so, and waits to be killed. */
function holderProgram(folder: string): string {
  return `
    import { openSqliteStore } from ${JSON.stringify(module)}
    const store = await openSqliteStore({
      folder: ${JSON.stringify(folder)}, mode: 'write', limits: { maxBytes: 1e9, maxAgeMs: 1e9 },
    })
    await store.append([])
    process.stdout.write('open')
    setInterval(() => store.status(), 1000)
  `
}

test('the folder and its files are for their owner alone', async (t) => {
  const folder = join(scratchFolder(t), 'a', 'state')
  const store = await openScratch(t, folder)
  await store.append([record({})])
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  const names = readdirSync(folder).toSorted()
  assert.deepEqual(names, ['history.db', 'history.db-shm', 'history.db-wal', 'writer.lock'])
  for (const name of names) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name)
})

test('one process writes to a folder: another is refused, and may read; the lock ends with its process', async (t) => {
  const folder = scratchFolder(t)
  const child = spawn(process.execPath, ['--input-type=module', '--eval', holderProgram(folder)], { stdio: 'pipe' })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  await assert.rejects(openScratch(t, folder), {
    name: 'OperatorError',
    code: 'WIRELAG_HISTORY_BUSY',
    message: `another wirelag (process ${child.pid}) writes to ${folder}`,
  })
  assert.deepEqual(await (await openScratch(t, folder, { mode: 'read' })).read(everything), [])
  child.kill('SIGKILL')
  await once(child, 'close')
  const store = await openScratch(t, folder)
  await store.append([record({})])
  assert.equal(store.status().state, 'recording')
})

test('a second writer in the same process is refused, and the first keeps its lock', async (t) => {
  const folder = scratchFolder(t)
  await openScratch(t, folder)
  for (let i = 0; i < 2; i++)
    await assert.rejects(openScratch(t, folder), { name: 'OperatorError', code: 'WIRELAG_HISTORY_BUSY' })
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', holderProgram(folder)])
  assert.equal(status, 1)
  assert.match(String(stderr), /another wirelag \(process \d+\) writes to/)
})

test('a history of a newer version is refused by who writes and who reads, and left as it is', async (t) => {
  const folder = scratchFolder(t)
  const store = await openScratch(t, folder)
  await store.append([record({})])
  await store.close()
  const path = join(folder, 'history.db')
  const db = new DatabaseSync(path)
  db.exec(`PRAGMA user_version = ${9 * 65_536 + 65_535 - 9}; ALTER TABLE record ADD COLUMN more`)
  db.close()
  const before = readFileSync(path)
  for (const mode of ['write', 'read'] as const)
    await assert.rejects(openScratch(t, folder, { mode }), { name: 'OperatorError', code: 'WIRELAG_HISTORY_TOO_NEW' })
  assert.deepEqual(readFileSync(path), before)
})

test('who wants to read where nothing was written is told so', async (t) => {
  const folder = scratchFolder(t)
  await assert.rejects(openScratch(t, folder, { mode: 'read' }), { name: 'OperatorError', code: 'WIRELAG_NO_HISTORY' })
  assert.deepEqual(readdirSync(folder), [])
})

test('a reader is not let write', async (t) => {
  const folder = scratchFolder(t)
  await openScratch(t, folder)
  const reader = await openScratch(t, folder, { mode: 'read' })
  await reader.append([record({})])
  assert.equal(reader.status().droppedRecords, 1)
  assert.deepEqual(await reader.read(everything), [])
})

test('a reader finds the new database after the old one was set aside', async (t) => {
  const folder = scratchFolder(t)
  const first = await openScratch(t, folder)
  await first.append([record({ key: '1' })])
  const reader = await openScratch(t, folder, { mode: 'read' })
  assert.equal((await reader.read(everything)).length, 1)
  await first.close()
  const db = new DatabaseSync(join(folder, 'history.db'))
  db.exec('DROP INDEX series_crc')
  db.close()
  const second = await openScratch(t, folder)
  await second.append([record({ key: '2' })])
  assert.equal(second.status().setAside, 1)
  assert.deepEqual(
    (await reader.read(everything)).map(({ key }) => key),
    ['1', '2'],
  )
})

test('nothing is printed by opening and writing', (t) => {
  const folder = scratchFolder(t)
  const program = `
    import { openSqliteStore } from ${JSON.stringify(module)}
    const store = await openSqliteStore({
      folder: ${JSON.stringify(folder)}, mode: 'write', limits: { maxBytes: 1e9, maxAgeMs: 1e9 },
    })
    await store.close()
  `
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program])
  assert.deepEqual([status, String(stdout), String(stderr)], [0, '', ''])
})
