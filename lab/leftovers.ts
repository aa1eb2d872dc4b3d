import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { unmountImagesOfTheGone } from './disk-image.ts'
import { removeCgroupsOfTheGone } from './own-cgroup.ts'
import { folderPrefix, isGone, ownerVariable } from './owner.ts'

/** Beyond this, what was killed has hung. */
const goneWithinMs = 10_000

/**
 * Removes what runs left that were killed: processes, with which their network namespaces go, cgroups, mounts and folders. What belongs to
 * a process that still runs stays.
 */
export async function removeLeftovers(): Promise<void> {
  const deadline = Date.now() + goneWithinMs
  for (let pids = ownerless(); pids.length > 0; pids = ownerless()) {
    if (Date.now() > deadline) throw new Error(`processes of an earlier run do not end: ${pids.join(', ')}`)
    for (const pid of pids) kill(pid)
    await delay(10)
  }
  while (!removeCgroupsOfTheGone()) {
    if (Date.now() > deadline) throw new Error('a cgroup of an earlier run does not go')
    await delay(10)
  }
  unmountImagesOfTheGone()
  for (const name of readdirSync(tmpdir()))
    if (name.startsWith(folderPrefix) && isGone(name.slice(folderPrefix.length)))
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
}

function ownerless(): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.filter((pid) => {
    const name = ownerOf(pid)
    return name !== undefined && isGone(name)
  })
}

/** By its environment, which the dead do not have; undefined for those that are not of the lab. */
function ownerOf(pid: number): string | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return variables.find((variable) => variable.startsWith(`${ownerVariable}=`))?.slice(ownerVariable.length + 1)
  } catch {
    return undefined
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
