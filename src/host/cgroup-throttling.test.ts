import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { cgroupThrottling, parseCpuStat } from './cgroup-throttling.ts'

/** A folder with a procfs whose only mounts are the given hierarchies, each at a folder of that name. */
function hostWith(mounts: readonly string[], files: Record<string, string>): { procfs: string } & Disposable {
  const root = mkdtempSync(join(tmpdir(), 'wirelag-host-'))
  const lines = mounts.map((type) => `33 22 0:28 / ${root}/${type} rw - ${type} ${type} rw,cpu,cpuacct\n`)
  for (const [name, text] of Object.entries({ 'proc/self/mountinfo': lines.join(''), ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return { procfs: join(root, 'proc'), [Symbol.dispose]: () => rmSync(root, { recursive: true }) }
}

test('v2: those with a quota that waited for it, the longest wait first', () => {
  using host = hostWith(['cgroup2'], {
    'cgroup2/cpu.stat': 'usage_usec 99\nuser_usec 50\nsystem_usec 49\n',
    'cgroup2/a/cpu.stat': 'usage_usec 9\nnr_periods 100\nnr_throttled 7\nthrottled_usec 1500\nnr_bursts 0\n',
    'cgroup2/a/cpu.max': '50000 100000\n',
    'cgroup2/a/b/cpu.stat': 'usage_usec 9\nnr_periods 4\nnr_throttled 3\nthrottled_usec 9000\n',
    'cgroup2/a/b/cpu.max': '200000 100000\n',
    'cgroup2/never/cpu.stat': 'nr_periods 9\nnr_throttled 0\nthrottled_usec 0\n',
    'cgroup2/never/cpu.max': '50000 100000\n',
    'cgroup2/lifted/cpu.stat': 'nr_periods 9\nnr_throttled 9\nthrottled_usec 9\n',
    'cgroup2/lifted/cpu.max': 'max 100000\n',
  })
  assert.deepEqual(cgroupThrottling(host.procfs), [
    { path: '/a/b', quotaCpus: 2, periods: 4, throttledPeriods: 3, throttledNs: 9e6 },
    { path: '/a', quotaCpus: 0.5, periods: 100, throttledPeriods: 7, throttledNs: 1.5e6 },
  ])
})

test('v1, also where v2 is mounted beside it', () => {
  const stat = 'nr_periods 10\nnr_throttled 2\nthrottled_time 123456789\n'
  using host = hostWith(['cgroup', 'cgroup2'], {
    'cgroup/docker/1/cpu.stat': stat,
    'cgroup/docker/1/cpu.cfs_quota_us': '25000\n',
    'cgroup/docker/1/cpu.cfs_period_us': '100000\n',
    'cgroup/docker/2/cpu.stat': stat,
    'cgroup/docker/2/cpu.cfs_quota_us': '-1\n',
    'cgroup/docker/2/cpu.cfs_period_us': '100000\n',
    'cgroup2/docker/1/cpu.stat': 'usage_usec 9\n',
  })
  assert.deepEqual(cgroupThrottling(host.procfs), [
    { path: '/docker/1', quotaCpus: 0.25, periods: 10, throttledPeriods: 2, throttledNs: 123_456_789 },
  ])
})

test('no hierarchy, and texts that are none', () => {
  using host = hostWith([], {})
  assert.deepEqual(cgroupThrottling(host.procfs), [])
  for (const text of ['', 'nr_periods x\nnr_throttled 1\n', 'nr_periods 1\n'])
    assert.equal(parseCpuStat(text), undefined)
})
