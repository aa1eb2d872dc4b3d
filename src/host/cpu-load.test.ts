import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { kernelRelease, loadAverage, onlineCpus } from './cpu-load.ts'

test('CPUs online, load, release', () => {
  const root = mkdtempSync(join(tmpdir(), 'wirelag-proc-'))
  mkdirSync(join(root, 'sys/kernel'), { recursive: true })
  writeFileSync(join(root, 'stat'), 'cpu  9 0 9 9\ncpu0 1 0 2 3\ncpu12 1 0 2 3\nintr 5 cpu9 \nctxt 7\n')
  writeFileSync(join(root, 'loadavg'), '0.17 12.89 0.94 2/120 4711\n')
  writeFileSync(join(root, 'sys/kernel/osrelease'), '6.1.0-40-amd64\n')
  assert.deepEqual(
    [onlineCpus(root), loadAverage(root), kernelRelease(root)],
    [2, [0.17, 12.89, 0.94], '6.1.0-40-amd64'],
  )
  writeFileSync(join(root, 'loadavg'), 'a b\n')
  assert.throws(() => loadAverage(root), /loadavg/)
  rmSync(root, { recursive: true })
})
