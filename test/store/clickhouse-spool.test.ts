import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ClickhouseServer } from '../../lab/clickhouse-server.ts'
import { freePort } from '../../lab/free-port.ts'
import { arrived, openClickhouse, ScratchDatabase, until } from './clickhouse-scratch.ts'
import { record } from './records.ts'
import { everything, largeLimits, scratchFolder, seededRandom } from './scratch.ts'

let server: ClickhouseServer
before(async () => {
  server = await ClickhouseServer.startAlone()
})
after(() => server[Symbol.asyncDispose]())

async function awayUrl(): Promise<string> {
  return `clickhouse://127.0.0.1:${await freePort()}/wirelag`
}

function batchesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.batch'))
    .toSorted()
    .map((name) => join(folder, name))
}

test('the spool is for its owner alone, and told in bytes', async (t) => {
  const spoolFolder = join(scratchFolder(t), 'spool')
  const store = await openClickhouse(t, await awayUrl(), { spoolFolder })
  await store.append([record({})])
  await store.append([record({}), record({})])
  const files = batchesIn(spoolFolder)
  assert.equal(statSync(spoolFolder).mode & 0o777, 0o700)
  assert.deepEqual(
    files.map((file) => statSync(file).mode & 0o777),
    [0o600, 0o600],
  )
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  assert.equal(store.status().spooledBytes, bytes)
  await until('it says why', () => store.status().state === 'spooling')
  assert.match(store.status().reason ?? '', /^clickhouse:\/\/127\.0\.0\.1:\d+\/wirelag: ECONNREFUSED$/)
})

test('what is beyond the bound goes, the oldest first, and is counted', async (t) => {
  const database = await ScratchDatabase.make(server)
  const spoolFolder = scratchFolder(t)
  const random = seededRandom(7)
  const body = (): string => Array.from({ length: 2000 }, () => random().toString(36)).join('')
  const limits = { ...largeLimits, maxBytes: 100_000 }
  const store = await openClickhouse(t, await awayUrl(), { spoolFolder, limits })
  await store.append([record({ key: 'first' })])
  await until('it is tried', () => store.status().state === 'spooling')
  const keys = Array.from({ length: 20 }, (_, i) => `${i}`)
  for (const key of keys) await store.append([record({ key, body: body() })])
  const { droppedRecords, spooledBytes } = store.status()
  assert.ok(spooledBytes <= limits.maxBytes, `${spooledBytes} bytes`)
  assert.ok(droppedRecords > 10 && droppedRecords < 20, `${droppedRecords} dropped`)
  await store.close()
  const again = await openClickhouse(t, database.url(server), { spoolFolder, limits })
  await arrived([again])
  const kept = (await again.read(everything)).map(({ key }) => key)
  // What is being sent is not dropped.
  assert.deepEqual(kept, ['first', ...keys.slice(droppedRecords)])
})

test('batches that are cut off, spoilt or not finished are set aside, and the others sent', async (t) => {
  const database = await ScratchDatabase.make(server)
  const spoolFolder = scratchFolder(t)
  const away = await openClickhouse(t, await awayUrl(), { spoolFolder })
  for (const key of ['cut', 'whole 1', 'spoilt', 'whole 2']) await away.append([record({ key }), record({ key })])
  await away.close()
  const [cut = '', , spoilt = '', whole = ''] = batchesIn(spoolFolder)
  truncateSync(cut, statSync(cut).size - 5)
  const bytes = readFileSync(spoilt)
  bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 4
  writeFileSync(spoilt, bytes)
  copyFileSync(whole, join(spoolFolder, '00000000000000-000000000000.new'))
  const store = await openClickhouse(t, database.url(server), { spoolFolder })
  await arrived([store])
  const keys = (await store.read(everything)).map(({ key }) => key)
  assert.deepEqual(keys, ['whole 1', 'whole 1', 'whole 2', 'whole 2'])
  const { setAside, droppedRecords, state } = store.status()
  assert.deepEqual({ setAside, droppedRecords, state }, { setAside: 3, droppedRecords: 4, state: 'recording' })
  // Of what was set aside the last are kept.
  assert.equal(readdirSync(spoolFolder).filter((name) => name.endsWith('.torn')).length, 2)
})

test('a second writer of the same spool is refused, and told who is the first', async (t) => {
  const spoolFolder = scratchFolder(t)
  await openClickhouse(t, await awayUrl(), { spoolFolder })
  await assert.rejects(openClickhouse(t, await awayUrl(), { spoolFolder }), { code: 'WIRELAG_HISTORY_BUSY' })
})

test('a spool that cannot be written to pauses the store, until it can', async (t) => {
  const folder = scratchFolder(t)
  const spoolFolder = join(folder, 'no folder', 'spool')
  writeFileSync(join(folder, 'no folder'), '')
  const store = await openClickhouse(t, await awayUrl(), { spoolFolder })
  await store.append([record({})])
  assert.equal(store.status().state, 'paused')
  assert.equal(store.status().droppedRecords, 1)
  assert.match(store.status().reason ?? '', /ENOTDIR/)
})

const writerFile = fileURLToPath(new URL('./clickhouse-writer.ts', import.meta.url))

test('a writer is killed again and again: what it was told to be kept is there, once', async (t) => {
  const database = await ScratchDatabase.make(server)
  const spoolFolder = scratchFolder(t)
  const random = seededRandom(11)
  const kept: string[] = []
  for (let run = 0; run < 8; run++) {
    const args = [writerFile, database.url(server), spoolFolder, String(run)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => child.kill('SIGKILL'))
    let told = ''
    const wanted = 3 + Math.floor(random() * 20)
    child.stdout.on('data', (bytes: Buffer) => {
      told += bytes.toString()
      if (told.split('\n').length > wanted) child.kill('SIGKILL')
    })
    await once(child, 'close')
    kept.push(...told.split('\n').slice(0, -1))
  }
  const store = await openClickhouse(t, database.url(server), { spoolFolder })
  await arrived([store])
  const keys = (await store.read(everything)).map(({ key }) => key)
  assert.equal(new Set(keys).size, keys.length, 'nothing is there twice')
  const there = new Set(keys)
  assert.deepEqual(
    kept.filter((key) => !there.has(`${key} a`) || !there.has(`${key} b`)),
    [],
  )
  const halves = keys.filter((key) => !there.has(key.endsWith('a') ? key.replace(/a$/, 'b') : key.replace(/b$/, 'a')))
  assert.deepEqual(halves, [])
})

test('a server that hangs costs little memory, however much waits for it', async (t) => {
  const hanging = await freePort()
  const args = ['--expose-gc', writerFile, `clickhouse://127.0.0.1:${hanging}/wirelag`, scratchFolder(t), 'memory']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let told = ''
  child.stdout.on('data', (bytes: Buffer) => (told += bytes.toString()))
  await once(child, 'close')
  const grownMiB = Number(told) / 2 ** 20
  assert.ok(told !== '' && grownMiB < 8, `${grownMiB} MiB`)
})
