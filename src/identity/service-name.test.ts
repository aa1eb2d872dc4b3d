import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ServiceNames } from './service-name.ts'

/** A procfs with one process 42, which is running unless it is removed. */
class Fixture {
  readonly root = mkdtempSync(join(tmpdir(), 'wirelag-proc-'))
  isRunning = true

  constructor(cgroup: string | undefined, executable?: string) {
    mkdirSync(join(this.root, '42'))
    if (cgroup !== undefined) writeFileSync(join(this.root, '42/cgroup'), cgroup)
    if (executable !== undefined) symlinkSync(executable, join(this.root, '42/exe'))
  }

  names(maxNames?: number): ServiceNames {
    return new ServiceNames({ isRunning: () => this.isRunning, root: this.root, ...(maxNames ? { maxNames } : {}) })
  }

  remove(): void {
    this.isRunning = false
    rmSync(join(this.root, '42'), { recursive: true })
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

const process = { pid: 42, startNs: 1, comm: 'thread-name' }

const cases: [what: string, cgroup: string | undefined, executable: string | undefined, name: string][] = [
  ['a unit, cgroup v2', '0::/system.slice/nginx.service\n', '/usr/sbin/nginx', 'nginx'],
  ['a unit of a template', '0::/system.slice/system-pg.slice/pg@15-main.service\n', '/bin/pg', 'pg@15-main'],
  ['a user unit', '0::/user.slice/user-0.slice/user@0.service/app.slice/sync.service\n', '/bin/a', 'sync'],
  ['a unit whose cgroup is removed', '0::/system.slice/nginx.service (deleted)\n', '/bin/a', 'nginx'],
  ['a unit whose name is escaped', '0::/system.slice/_cpu.service\n', '/bin/a', 'cpu'],
  ['a unit, cgroup v1', '4:memory:/x.service\n1:name=systemd:/system.slice/ssh.service\n', '/bin/a', 'ssh'],
  ['hybrid cgroups', '1:name=systemd:/system.slice/ssh.service\n0::/system.slice/ssh.service\n', '/bin/a', 'ssh'],
  ['below a unit', '0::/user.slice/user-0.slice/user@0.service/init.scope\n', '/usr/lib/systemd/systemd', 'systemd'],
  ['a session', '0::/user.slice/user-0.slice/session-3.scope\n', '/usr/bin/python3.11', 'python3.11'],
  ['a replaced executable', '0::/\n', '/usr/bin/node (deleted)', 'node'],
  ['an executable, no cgroup', undefined, '/usr/bin/node', 'node'],
  ['a kernel thread', '0::/\n', undefined, 'thread-name'],
]

for (const [what, cgroup, executable, name] of cases) {
  test(`the name of ${what} is ${name}`, () => {
    using fixture = new Fixture(cgroup, executable)
    assert.equal(fixture.names().nameOf(process), name)
  })
}

test('a process that has gone before it was first seen has its comm', () => {
  using fixture = new Fixture('0::/system.slice/nginx.service\n')
  fixture.remove()
  assert.equal(fixture.names().nameOf(process), 'thread-name')
})

test('a pid that another process has by now does not give its name', () => {
  using fixture = new Fixture('0::/system.slice/nginx.service\n')
  fixture.isRunning = false
  assert.equal(fixture.names().nameOf(process), 'thread-name')
})

test('a name is kept when the process has gone, and forgotten after others', () => {
  using fixture = new Fixture('0::/system.slice/nginx.service\n')
  const names = fixture.names(2)
  const other = (pid: number) => ({ pid, startNs: 1, comm: `other${pid}` })
  assert.equal(names.nameOf(process), 'nginx')
  fixture.remove()
  assert.equal(names.nameOf(other(1)), 'other1')
  assert.equal(names.nameOf(process), 'nginx')
  assert.equal(names.nameOf(other(2)), 'other2')
  assert.equal(names.nameOf(process), 'nginx')
  names.nameOf(other(3))
  names.nameOf(other(4))
  assert.equal(names.nameOf(process), 'thread-name')
})

test('the same pid with another start is another process', () => {
  using fixture = new Fixture('0::/system.slice/nginx.service\n')
  const names = new ServiceNames({ isRunning: (_, startNs) => startNs === 1, root: fixture.root })
  assert.equal(names.nameOf(process), 'nginx')
  assert.equal(names.nameOf({ ...process, startNs: 2 }), 'thread-name')
})

test('a program that goes by a link to another has the name of the link', () => {
  using fixture = new Fixture(undefined)
  const folder = join(fixture.root, 'bin')
  mkdirSync(folder)
  writeFileSync(join(folder, 'redis-check-rdb'), '')
  symlinkSync('redis-check-rdb', join(folder, 'redis-server'))
  symlinkSync(join(folder, 'redis-check-rdb'), join(fixture.root, '42/exe'))
  symlinkSync('/', join(fixture.root, '42/root'))
  writeFileSync(join(fixture.root, '42/comm'), 'redis-server\n')
  const names = new ServiceNames({ isRunning: () => true, root: fixture.root })
  assert.equal(names.nameOf({ pid: 42, startNs: 1, comm: 'io_thd_1' }), 'redis-server')
})
