import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { hostMemory, hostSwap } from './memory.ts'

function procfsWith(files: Record<string, string>): { root: string } & Disposable {
  const root = mkdtempSync(join(tmpdir(), 'wirelag-proc-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text)
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) }
}

test('memory and swap in bytes, swapped pages as they are', () => {
  using procfs = procfsWith({
    meminfo:
      'MemTotal:       24684096 kB\nMemFree:          600000 kB\nMemAvailable:   24028164 kB\n' +
      'SwapCached:          100 kB\nSwapTotal:       2097148 kB\nSwapFree:        2097048 kB\n',
    vmstat: 'pgpgin 5\npswpin 12\npswpout 34\nswap_ra 7\n',
  })
  assert.deepEqual(hostMemory(procfs.root), { totalBytes: 24_684_096 * 1024, availableBytes: 24_028_164 * 1024 })
  assert.deepEqual(hostSwap(procfs.root), {
    totalBytes: 2_097_148 * 1024,
    usedBytes: 100 * 1024,
    inPages: 12,
    outPages: 34,
  })
})

test('a kernel without swap', () => {
  using procfs = procfsWith({ meminfo: 'MemTotal: 10 kB\nMemAvailable: 5 kB\n', vmstat: 'pgpgin 5\n' })
  assert.deepEqual(hostSwap(procfs.root), { totalBytes: 0, usedBytes: 0, inPages: 0, outPages: 0 })
})

test('a meminfo without what every Linux has is an error', () => {
  using procfs = procfsWith({ meminfo: 'MemTotal: 10 kB\n' })
  assert.throws(() => hostMemory(procfs.root), /\/proc\/meminfo has no MemAvailable/)
})
