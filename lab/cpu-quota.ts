import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { isGone, owner } from './owner.ts'

/** Begins the names of all such cgroups; who owns one follows. */
const prefix = 'wirelag-lab-'

/** A cgroup whose processes get so many microseconds of CPU in each period. It goes when it is disposed of and empty. */
export class CpuQuota implements Disposable {
  readonly #folder: string

  /** @throws Error where this machine has no cgroup controller for CPUs */
  constructor(quotaUs: number, periodUs: number) {
    const controller = cpuController()
    if (!controller) throw new Error('no cgroup hierarchy on this machine has the cpu controller')
    const { folder, isV2 } = controller
    this.#folder = `${folder}/${prefix}${owner()}-${randomBytes(6).toString('hex')}`
    mkdirSync(this.#folder)
    if (isV2) writeFileSync(`${this.#folder}/cpu.max`, `${quotaUs} ${periodUs}`)
    else {
      writeFileSync(`${this.#folder}/cpu.cfs_period_us`, String(periodUs))
      writeFileSync(`${this.#folder}/cpu.cfs_quota_us`, String(quotaUs))
    }
  }

  /** Moves a process with all its threads into it. */
  add(pid: number): void {
    writeFileSync(`${this.#folder}/cgroup.procs`, String(pid))
  }

  [Symbol.dispose](): void {
    // What is still in it is moved out, as a cgroup must be empty to go.
    for (const pid of readFileSync(`${this.#folder}/cgroup.procs`, 'utf8').split('\n').filter(Boolean))
      writeFileSync(`${this.#folder}/../cgroup.procs`, pid)
    rmdirSync(this.#folder)
  }
}

/** Removes the cgroups of processes that are gone, as far as nothing runs in them. @returns whether none is left */
export function removeQuotasOfTheGone(): boolean {
  const folder = cpuController()?.folder
  if (folder === undefined) return true
  const names = readdirSync(folder).filter((name) => name.startsWith(prefix) && isGone(name.slice(prefix.length)))
  return names.map((name) => isRemoved(`${folder}/${name}`)).every(Boolean)
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

function cpuController(): { folder: string; isV2: boolean } | undefined {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const mountpoint = before.split(' ')[4] ?? ''
    const [type, , options = ''] = after.split(' ')
    if (type === 'cgroup' && options.split(',').includes('cpu')) return { folder: mountpoint, isV2: false }
    if (type === 'cgroup2' && hasCpuController(mountpoint)) return { folder: mountpoint, isV2: true }
  }
  return undefined
}

function hasCpuController(mountpoint: string): boolean {
  const file = `${mountpoint}/cgroup.subtree_control`
  return existsSync(file) && readFileSync(file, 'utf8').split(/\s/).includes('cpu')
}
