import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Actor } from '../../lab/actor.ts'
import { inNetns, Recording } from './recording.ts'

const lastPidFile = '/proc/sys/kernel/ns_last_pid'
const reuses = 1000

/** Copies of one program under names of their own, which no comm is cut from. */
class Programs implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'wirelag-programs-'))

  constructor(names: readonly string[]) {
    for (const name of names) copyFileSync('/bin/busybox', join(this.folder, name))
  }

  /** Connects once, in the network namespace of an actor, and ends. */
  run(name: string, host: Actor, port: number): number {
    const { pid, status, stderr } = spawnSync(
      'nsenter',
      ['--net', `--target=${host.pid}`, 'bash', '--norc', '-c', this.connecting(name, port)],
      { input: '' },
    )
    assert.equal(status, 0, String(stderr))
    return pid
  }

  fileOf(name: string): string {
    return join(this.folder, name)
  }

  /**
   * For a shell, which becomes the program; that goes by the name of its file, whatever its first argument. Bash is told not to read its
   * start-up file, as it does when its standard input is a socket (rshd): what is in there may take long.
   */
  connecting(name: string, port: number): string {
    return `exec -a nc ${this.fileOf(name)} 127.0.0.1 ${port}`
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true })
  }
}

test(`${reuses} processes with the same pid: none has the name of another`, async () => {
  assert.ok(existsSync(lastPidFile), 'this kernel cannot be told the next pid (CONFIG_CHECKPOINT_RESTORE)')
  using programs = new Programs(['alpha', 'beta', 'gamma'])
  await using host = await Actor.inNewNamespace()
  const { value: port } = await host.do('listen l 127.0.0.1 0 128')
  const accepting = host.in('acceptor', `accept-many l ${reuses}`)
  using recording = await Recording.connections(inNetns(host))
  const before = Number(readFileSync(lastPidFile, 'utf8'))
  let reused = 0
  for (let i = 0; i < reuses; i++) {
    // One connects and is gone; before that is read, another has its pid, perhaps since the same tick of /proc's clock.
    writeFileSync(lastPidFile, String(before + 1000))
    const pid = programs.run(['alpha', 'beta'][i % 2]!, host, port)
    writeFileSync(lastPidFile, String(before + 1000))
    const next = spawn('bash', ['--norc', '-c', `exec -a sleep ${programs.fileOf('gamma')} 10`])
    reused += Number(pid === before + 1001 && next.pid === pid)
    while (readlinkSync(`/proc/${next.pid}/exe`) !== programs.fileOf('gamma'));
    recording.watch.drain()
    next.kill('SIGKILL')
    await once(next, 'exit')
  }
  await accepting
  const connects = (): { comm: string; service: string | undefined; startNs: number }[] =>
    recording.connections.flatMap(({ kind, owner }) =>
      kind === 'connect' && owner
        ? [{ comm: owner.comm, service: owner.identity?.service, startNs: owner.processStartNs }]
        : [],
    )
  await recording.until(() => connects().length === reuses)
  assert.ok(reused > 0.9 * reuses, `only ${reused} had the same pid`)
  assert.deepEqual(
    connects().filter(({ comm, service }) => comm !== service),
    [],
  )
  assert.equal(new Set(connects().map(({ startNs }) => startNs)).size, reuses)
  assert.deepEqual(Object.groupBy(connects(), ({ comm }) => comm)['alpha']?.length, reuses / 2)
})

test('exec, fork and threads: the name of who acts, now', async () => {
  using programs = new Programs(['second'])
  await using host = await Actor.inNewNamespace()
  const { value: port } = await host.do('listen l 127.0.0.1 0 128')
  const accepting = host.in('acceptor', 'accept-many l 2')
  using recording = await Recording.connections(inNetns(host))
  // A shell connects, and then becomes another program, which connects: one process, two names.
  const script = `: < /dev/tcp/127.0.0.1/${port}; ${programs.connecting('second', port)} < /dev/null`
  spawnSync('nsenter', ['--net', `--target=${host.pid}`, 'bash', '--norc', '-c', script])
  await accepting
  await recording.until(() => recording.connections.filter(({ kind }) => kind === 'connect').length === 2)
  const connects = recording.connections.filter(({ kind }) => kind === 'connect')
  assert.deepEqual(
    connects.map(({ owner }) => owner?.comm),
    ['bash', 'second'],
  )
  assert.equal(connects[0]?.owner?.pid, connects[1]?.owner?.pid)
})
