import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cgroupHierarchy, cgroupMounts } from './cgroup-mounts.ts'

function procfsWith(files: Record<string, string>): { root: string } & Disposable {
  const root = mkdtempSync(join(tmpdir(), 'wirelag-proc-'))
  mkdirSync(join(root, 'self'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text)
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) }
}

test('a unified hierarchy', () => {
  using procfs = procfsWith({
    'self/mountinfo':
      '22 28 0:21 / /sys rw,nosuid - sysfs sysfs rw\n' +
      '33 22 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n',
  })
  const { v2, v1 } = cgroupMounts(procfs.root)
  assert.deepEqual([v2, v1.size], [{ mountPoint: '/sys/fs/cgroup', root: '/' }, 0])
})

test('a hybrid: controllers of v1 beside an empty v2; a blank in a path', () => {
  using procfs = procfsWith({
    'self/mountinfo':
      '34 33 0:29 /../.. /sys/fs/my\\040cgroup rw shared:10 - cgroup2 cgroup2 rw\n' +
      '36 33 0:31 / /sys/fs/cgroup/cpu,cpuacct rw shared:12 - cgroup cgroup rw,cpu,cpuacct\n' +
      '37 33 0:32 / /sys/fs/cgroup/systemd rw shared:13 - cgroup cgroup rw,xattr,name=systemd\n',
    cgroups: '#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t7\t1\t1\nmemory\t0\t1\t1\n',
  })
  const { v2, v1 } = cgroupMounts(procfs.root)
  assert.deepEqual(v2, { mountPoint: '/sys/fs/my cgroup', root: '/../..' })
  assert.equal(v1.get('cpuacct')?.mountPoint, '/sys/fs/cgroup/cpu,cpuacct')
  assert.equal(v1.get('name=systemd')?.mountPoint, '/sys/fs/cgroup/systemd')
  assert.deepEqual(
    ['cpu', 'memory', 'pids'].map((name) => cgroupHierarchy(name, procfs.root)),
    [7, 0, undefined],
  )
})
