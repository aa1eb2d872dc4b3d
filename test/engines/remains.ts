import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cgroupMounts } from '../../lab/engines/cgroups.ts'
import { insideContainer } from '../../lab/engines/container.ts'
import { pidOf, processesOf } from '../../lab/engines/engine-host.ts'

/** The paths of a process's cgroups, of all hierarchies, that are not the root. */
export function cgroupLines(pid: number): string[] {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => line.split(':').slice(2).join(':'))
}

/** What a command wrote. */
export function output([file = '', ...args]: readonly string[]): string {
  return execFileSync(file, args, { encoding: 'utf8' })
}

/** The lab's socket actor, started in a container: its pid on the host, and what it says its thread is. */
export async function actorIn(container: { pid: number }): Promise<{ pid: number; tid: number } & AsyncDisposable> {
  const [file = '', ...args] = insideContainer(container, ['/bin/actor'])
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.write('1 main tid\n')
  const [answer] = (await once(child.stdout, 'data')) as [Buffer]
  const closed = once(child, 'close')
  return {
    pid: pidOf(child),
    tid: Number(answer.toString().trim().split(' ')[4]),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await closed
    },
  }
}

/**
 * No process, mount, folder or cgroup of an engine that is gone.
 *
 * @param cgroups that it makes, from the root of the hierarchies; one that something else uses may be there
 */
export function assertNothingLeft(folder: string, cgroups: readonly string[]): void {
  assert.deepEqual(processesOf(folder), [])
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(folder), 'a mount is left')
  assert.ok(!existsSync(folder), `${folder} is left`)
  for (const mount of cgroupMounts())
    for (const cgroup of cgroups) assert.ok(!isUnused(join(mount.folder, cgroup)), `${mount.folder}/${cgroup} is left`)
}

function isUnused(cgroup: string): boolean {
  if (!existsSync(cgroup)) return false
  const below = readdirSync(cgroup, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return below.length === 0 && readFileSync(join(cgroup, 'cgroup.procs'), 'utf8') === ''
}
