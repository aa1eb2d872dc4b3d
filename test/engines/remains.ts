import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cgroupMounts } from '../../lab/engines/cgroups.ts'
import { processesOf } from '../../lab/engines/engine-host.ts'

/** The paths of a process's cgroups, of all hierarchies, that are not the root. */
export function cgroupLines(pid: number): string[] {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => line.split(':').slice(2).join(':'))
}

/** What a command wrote. */
export function output([file = '', ...args]: readonly string[]): string {
  return execFileSync(file, args, { encoding: 'utf8' })
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
