import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cgroupMemory } from './cgroup-memory.ts'

function inTree(type: 'cgroup' | 'cgroup2', files: Record<string, string>): ReturnType<typeof cgroupMemory> {
  const root = mkdtempSync(join(tmpdir(), 'wirelag-cgroup-memory-'))
  try {
    mkdirSync(join(root, 'self'))
    const options = type === 'cgroup' ? 'rw,memory' : 'rw'
    writeFileSync(join(root, 'self/mountinfo'), `1 1 0:1 / ${root}/tree rw - ${type} none ${options}\n`)
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(root, 'tree', file, '..'), { recursive: true })
      writeFileSync(join(root, 'tree', file), text)
    }
    return cgroupMemory(root)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

test('v1: those that were at their limit, the most often first', () => {
  const found = inTree('cgroup', {
    'memory.failcnt': '0\n',
    'a/memory.failcnt': '7\n',
    'a/memory.limit_in_bytes': '4096\n',
    'b/c/memory.failcnt': '9\n',
    'b/c/memory.limit_in_bytes': '8192\n',
  })
  assert.deepEqual(found, [
    { path: '/b/c', limitBytes: 8192, limitHits: 9 },
    { path: '/a', limitBytes: 4096, limitHits: 7 },
  ])
})

test('v2: as memory.events has it; one without a limit was never at it', () => {
  const found = inTree('cgroup2', {
    'a/memory.events': 'low 0\nhigh 0\nmax 12\noom 0\noom_kill 0\n',
    'a/memory.max': '16777216\n',
    'b/memory.events': 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n',
    'b/memory.max': 'max\n',
  })
  assert.deepEqual(found, [{ path: '/a', limitBytes: 16_777_216, limitHits: 12 }])
})
