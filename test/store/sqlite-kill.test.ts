import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { numberedBatch, recordsPerBatch } from './numbered-batches.ts'
import { everything, largeLimits, scratchFolder, seededRandom } from './scratch.ts'

const kills = 200
const writer = join(import.meta.dirname, 'numbered-writer.ts')

interface Killed {
  /** The last batch that was told to be kept; undefined: none. */
  lastKept: number | undefined
}

/** Lets a process write from a batch on, and kills it so long after its first. */
async function writeAndKill(folder: string, firstBatch: number, afterMs: number): Promise<Killed> {
  const child = spawn(process.execPath, [writer, folder, String(firstBatch)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  await once(child.stdout, 'data')
  await delay(afterMs)
  child.kill('SIGKILL')
  const [, signal] = await once(child, 'close')
  assert.equal(signal, 'SIGKILL')
  // The last line may have been cut.
  const told = text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1)
  return { lastKept: told === undefined || told === '' ? undefined : Number(told) }
}

test(`killed at ${kills} random moments while it writes, a history opens, has every batch that was kept, and no part of one`, async (t) => {
  const random = seededRandom(7)
  let folder = scratchFolder(t)
  let nextBatch = 0
  let opened = 0
  for (let i = 0; i < kills; i++) {
    // Some begin with a history that others left, and some anew.
    if (i % 10 === 0) [folder, nextBatch] = [scratchFolder(t), 0]
    const { lastKept } = await writeAndKill(folder, nextBatch, random() * 60)
    const store = await openSqliteStore({ folder, mode: i % 2 === 0 ? 'write' : 'read', limits: largeLimits })
    const records = await store.read(everything)
    assert.equal(store.status().setAside, 0)
    await store.close()
    opened++
    const batches = records.length / recordsPerBatch
    assert.ok(Number.isInteger(batches), `${records.length} records: a part of a batch`)
    assert.ok(lastKept === undefined || batches > lastKept, `batch ${lastKept} was kept, ${batches} are there`)
    // What was killed between keeping and telling is there as well.
    assert.ok(batches <= (lastKept ?? nextBatch - 1) + 2, `${batches} are there, ${lastKept} was told last`)
    assert.deepEqual(
      records.slice(-2 * recordsPerBatch),
      [batches - 2, batches - 1].filter((batch) => batch >= 0).flatMap(numberedBatch),
    )
    nextBatch = batches
  }
  assert.equal(opened, kills)
})
