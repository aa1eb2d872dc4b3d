import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Container } from '../model/container.ts'
import { CgroupPaths } from './cgroup-paths.ts'
import { Identities, type ServiceRule } from './identities.ts'
import { ProcessReader } from './process-names.ts'

/** Names of services, where nothing is known of the cgroup but what /proc tells. */
class Names {
  readonly #identities: Identities

  constructor(processes: ProcessReader) {
    const containers = { containerOf: (): undefined => undefined }
    this.#identities = new Identities({ paths: new CgroupPaths(() => undefined), containers, processes })
  }

  nameOf(facts: { pid: number; startNs: number; comm: string }): string {
    return this.#identities.of({ ...facts, cgroupId: 0 }).service
  }
}

/** A procfs with one process 42, which is running unless it is removed. */
class Fixture {
  readonly root = mkdtempSync(join(tmpdir(), 'wirelag-proc-'))
  isRunning = true

  constructor(cgroup: string | undefined, executable?: string) {
    mkdirSync(join(this.root, '42/task/42'), { recursive: true })
    writeFileSync(join(this.root, '42/task/42/comm'), 'thread-name\n')
    if (cgroup !== undefined) writeFileSync(join(this.root, '42/cgroup'), cgroup)
    if (executable !== undefined) symlinkSync(executable, join(this.root, '42/exe'))
  }

  names(maxProcesses = 100): Names {
    return new Names(new ProcessReader({ isRunning: () => this.isRunning, root: this.root, maxProcesses }))
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

test('a pid that had another owner in the same tick of the clock does not give its name', () => {
  using fixture = new Fixture(undefined, '/usr/bin/other')
  const names = fixture.names()
  assert.equal(names.nameOf({ ...process, comm: 'alpha' }), 'alpha')
  // A thread that is still there, of the same process, tells it.
  assert.equal(names.nameOf(process), 'other')
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
  const names = new Names(new ProcessReader({ isRunning: (_, startNs) => startNs === 1, root: fixture.root }))
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
  writeFileSync(join(fixture.root, '42/task/42/comm'), 'io_thd_1\n')
  const names = new Names(new ProcessReader({ isRunning: () => true, root: fixture.root }))
  assert.equal(names.nameOf({ pid: 42, startNs: 1, comm: 'io_thd_1' }), 'redis-server')
})

const id = 'c0ffee'.padEnd(64, '0')
const web: Container = {
  runtime: 'docker',
  id,
  name: 'shop-web-1',
  image: 'nginx:1',
  compose: { project: 'shop', service: 'web' },
  pod: undefined,
}

/** Identities where the kernel's cgroups have these paths, and one container is known. */
function identitiesOf(
  paths: Record<number, string>,
  options: { container?: Container; serviceOf?: ServiceRule; fixture?: Fixture } = {},
): Identities {
  const { container = web, serviceOf, fixture } = options
  return new Identities({
    paths: new CgroupPaths((cgroupId) => paths[cgroupId]),
    containers: { containerOf: ({ containerId }) => (containerId === container.id ? container : undefined) },
    processes: new ProcessReader({ isRunning: () => fixture?.isRunning ?? false, root: fixture?.root ?? '/nowhere' }),
    ...(serviceOf ? { serviceOf } : {}),
  })
}

const actor = { ...process, cgroupId: 7 }

test('the kernel tells the container of a process that has gone', () => {
  const identities = identitiesOf({ 7: `/docker/${id}` })
  assert.deepEqual(identities.of(actor), {
    container: web,
    unit: undefined,
    service: 'web',
    cgroupPath: `/docker/${id}`,
  })
})

test('the same identity is the same object, until the container is renamed', () => {
  let container = web
  const identities = new Identities({
    paths: new CgroupPaths(() => `/docker/${id}`),
    containers: { containerOf: () => container },
    processes: new ProcessReader({ isRunning: () => false }),
  })
  const before = identities.of(actor)
  assert.equal(identities.of(actor), before)
  container = { ...web, name: 'renamed' }
  assert.equal(identities.of(actor).container?.name, 'renamed')
})

test('a pid that a process outside has by now does not take the container away, nor give its own', () => {
  using fixture = new Fixture('0::/system.slice/nginx.service\n', '/usr/sbin/nginx')
  const { container, service } = identitiesOf({ 7: `/docker/${id}` }, { fixture }).of(actor)
  assert.deepEqual([container?.name, service], ['shop-web-1', 'web'])
})

const services: [what: string, path: string, container: Container, service: string][] = [
  ['a compose service', `/docker/${id}`, web, 'web'],
  ['a container', `/docker/${id}`, { ...web, compose: undefined }, 'shop-web-1'],
  ['a container that nobody knows', `/docker/${id}`, { ...web, compose: undefined, name: undefined }, 'c0ffee000000'],
  [
    'a pod of a workload',
    `/kubepods/burstable/podx/${id}`,
    { ...web, compose: undefined, pod: { uid: 'u', name: 'web-5d4f8c7b9d-x2x7k', namespace: 'shop', workload: 'web' } },
    'web',
  ],
  [
    'a pod of its own',
    `/kubepods/burstable/podx/${id}`,
    { ...web, compose: undefined, pod: { uid: 'u', name: 'debug', namespace: 'shop', workload: undefined } },
    'debug',
  ],
  ['a unit', '/system.slice/ssh.service', web, 'ssh'],
  ['no unit and no container', '/user.slice/user-0.slice/session-3.scope', web, 'thread-name'],
]

for (const [what, path, container, service] of services) {
  test(`the service of ${what} is ${service}`, () => {
    assert.equal(identitiesOf({ 7: path }, { container }).of(actor).service, service)
  })
}

test('on a host whose engine uses v1 /proc tells what the kernel does not', () => {
  using fixture = new Fixture(`5:memory:/docker/${id}\n1:name=systemd:/\n0::/\n`, '/usr/sbin/nginx')
  assert.equal(identitiesOf({ 7: '/' }, { fixture }).of(actor).container, web)
})

test('what the user calls a service goes before everything', () => {
  const serviceOf: ServiceRule = ({ container, port }) =>
    container?.name === 'shop-web-1' && port === 80 ? 'shop-front' : undefined
  const identities = identitiesOf({ 7: `/docker/${id}` }, { serviceOf })
  assert.deepEqual([identities.of(actor, 80).service, identities.of(actor, 81).service], ['shop-front', 'web'])
})
