import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { record, sampleTimeUnixMs as t0 } from './records.ts'
import { everything, openScratch, scratchFolder } from './scratch.ts'
import type { Store } from '../../src/store/store.ts'
import type { StoredRecord } from '../../src/model/record.ts'

/** A file system of its own that holds so much. */
function smallDisk(t: TestContext, sizeBytes: number): string {
  const disk = mkdtempSync(join(tmpdir(), 'wirelag-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', disk])
  t.after(() => {
    execFileSync('umount', ['--lazy', disk])
    rmdirSync(disk)
  })
  return disk
}

/** 50 records that cannot be made shorter. */
function batch(i: number): StoredRecord[] {
  return Array.from({ length: 50 }, (_, k) =>
    record({ timeUnixMs: t0 + i, key: `${k}`, body: randomBytes(300).toString('base64') }),
  )
}

async function keysOf(store: Store): Promise<number> {
  return (await store.read(everything)).length
}

test('a disk that is full pauses the history; it goes on once there is room', async (t) => {
  const disk = smallDisk(t, 2 ** 21)
  const store = await openScratch(t, join(disk, 'state'))
  let kept = 0
  for (let i = 0; store.status().state === 'recording'; i++) {
    await store.append(batch(i))
    if (store.status().state === 'recording') kept += 50
    assert.ok(i < 1000, 'the disk is full at some time')
  }
  assert.equal(store.status().reason, 'the disk is full')
  assert.equal(store.status().droppedRecords, 50)
  await store.append(batch(1000))
  assert.equal(store.status().state, 'paused')
  assert.equal(store.status().droppedRecords, 100)
  await store.maintain(t0)
  assert.equal(await keysOf(store), kept)

  execFileSync('mount', ['-o', `remount,size=${2 ** 24}`, disk])
  await store.append(batch(1001))
  const { state, reason, droppedRecords, setAside } = store.status()
  assert.deepEqual([state, reason, droppedRecords, setAside], ['recording', undefined, 100, 0])
  assert.equal(await keysOf(store), kept + 50)
})

test('a disk that is full from the start, by others, does not keep the store from opening', async (t) => {
  const disk = smallDisk(t, 2 ** 20)
  const ballast = join(disk, 'ballast')
  assert.throws(() => writeFileSync(ballast, Buffer.alloc(2 ** 21)), { code: 'ENOSPC' })
  const store = await openScratch(t, join(disk, 'state'))
  await store.append(batch(0))
  assert.equal(store.status().state, 'paused')
  assert.equal(store.status().reason, 'the disk is full')
  rmSync(ballast)
  await store.append(batch(1))
  assert.deepEqual([store.status().state, store.status().droppedRecords], ['recording', 50])
  assert.equal(await keysOf(store), 50)
})

test('a file system that turns read-only pauses the history until it is writable', async (t) => {
  const disk = smallDisk(t, 2 ** 24)
  const folder = join(disk, 'state')
  const first = await openScratch(t, folder)
  await first.append(batch(0))
  await first.close()
  execFileSync('mount', ['-o', 'remount,ro', disk])
  const store = await openScratch(t, folder)
  await store.append(batch(1))
  assert.equal(store.status().state, 'paused')
  assert.equal(store.status().droppedRecords, 50)
  assert.equal(await keysOf(store), 50)
  assert.equal(await keysOf(await openScratch(t, folder, { mode: 'read' })), 50)
  execFileSync('mount', ['-o', 'remount,rw', disk])
  await store.append(batch(2))
  assert.equal(store.status().state, 'recording')
  assert.equal(await keysOf(store), 100)
})

test('a folder that is deleted or replaced underneath is made anew', async (t) => {
  const folder = join(scratchFolder(t), 'deep', 'state')
  const store = await openScratch(t, folder)
  await store.append(batch(0))
  rmSync(folder, { recursive: true })
  await store.append(batch(1))
  assert.equal(store.status().state, 'recording')
  assert.equal(await keysOf(store), 50)
  renameSync(folder, `${folder}-elsewhere`)
  await store.append(batch(2))
  await store.append(batch(3))
  assert.equal(await keysOf(store), 100)
  assert.equal(store.status().droppedRecords, 0)
})

test('a folder that cannot be made pauses the history until it can', async (t) => {
  const inTheWay = join(scratchFolder(t), 'file')
  writeFileSync(inTheWay, '')
  const store = await openScratch(t, join(inTheWay, 'state'))
  await store.append(batch(0))
  const { state, reason, droppedRecords } = store.status()
  assert.deepEqual([state, droppedRecords], ['paused', 50])
  assert.match(String(reason), /ENOTDIR/)
  await assert.rejects(store.read(everything), { name: 'OperatorError' })
  rmSync(inTheWay)
  await store.append(batch(1))
  assert.equal(store.status().state, 'recording')
  assert.equal(await keysOf(store), 50)
})
