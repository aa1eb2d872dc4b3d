import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { namespaceInode, networkNamespaces } from './network-namespaces.ts'

test('each namespace once: by a process that is in it, or by its name', () => {
  const root = mkdtempSync(join(tmpdir(), 'wirelag-'))
  const roots = { procfs: join(root, 'proc'), runNetns: join(root, 'netns') }
  for (const [pid, inode] of [
    [1, 100],
    [2, 100],
    [3, 200],
  ]) {
    mkdirSync(join(roots.procfs, String(pid), 'ns'), { recursive: true })
    symlinkSync(`net:[${inode}]`, join(roots.procfs, String(pid), 'ns/net'))
  }
  mkdirSync(join(roots.procfs, '4'))
  mkdirSync(join(roots.procfs, 'sys'))
  mkdirSync(roots.runNetns)
  const named = join(roots.runNetns, 'blue')
  writeFileSync(named, '')
  const found = networkNamespaces(roots)
  assert.deepEqual(found, [
    { inode: 100, path: join(roots.procfs, '1/ns/net') },
    { inode: 200, path: join(roots.procfs, '3/ns/net') },
    { inode: statSync(named).ino, path: named },
  ])
  assert.deepEqual(
    [namespaceInode('blue', roots), namespaceInode(named, roots), namespaceInode('red', roots)],
    [statSync(named).ino, statSync(named).ino, undefined],
  )
  rmSync(root, { recursive: true })
})

test('without procfs there is none', () => {
  assert.deepEqual(networkNamespaces({ procfs: '/nonexistent', runNetns: '/nonexistent' }), [])
})
