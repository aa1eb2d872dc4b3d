import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { isGone, owner } from './owner.ts'

/** Begins the names of all such cgroups; who owns one follows. */
const prefix = 'wirelag-lab-'

const controllers = ['cpu', 'memory'] as const
type Controller = (typeof controllers)[number]

/** What to write into which file of a cgroup, in this order. */
export type CgroupSettings = readonly (readonly [file: string, value: string])[]

/** A cgroup for processes of the lab. It goes when it is disposed of. */
export class OwnCgroup implements Disposable {
  readonly #folder: string

  /** @throws Error where this machine has no such cgroup controller */
  constructor(controller: Controller, settings: { v1: CgroupSettings; v2: CgroupSettings }) {
    const hierarchy = hierarchyOf(controller)
    if (!hierarchy) throw new Error(`no cgroup hierarchy on this machine has the ${controller} controller`)
    const { folder, isV2 } = hierarchy
    this.#folder = `${folder}/${prefix}${owner()}-${randomBytes(6).toString('hex')}`
    mkdirSync(this.#folder)
    for (const [file, value] of isV2 ? settings.v2 : settings.v1) writeFileSync(`${this.#folder}/${file}`, value)
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
export function removeCgroupsOfTheGone(): boolean {
  const folders = new Set(controllers.flatMap((controller) => hierarchyOf(controller)?.folder ?? []))
  const left = [...folders].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.startsWith(prefix) && isGone(name.slice(prefix.length)))
      .map((name) => `${folder}/${name}`),
  )
  return left.map(removeCgroupFolder).every(Boolean)
}

/** Removes the folder of a cgroup, if nothing runs in it. @returns whether it is gone */
export function removeCgroupFolder(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

function hierarchyOf(controller: Controller): { folder: string; isV2: boolean } | undefined {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const mountpoint = before.split(' ')[4] ?? ''
    const [type, , options = ''] = after.split(' ')
    if (type === 'cgroup' && options.split(',').includes(controller)) return { folder: mountpoint, isV2: false }
    if (type === 'cgroup2' && hasController(mountpoint, controller)) return { folder: mountpoint, isV2: true }
  }
  return undefined
}

function hasController(mountpoint: string, controller: Controller): boolean {
  const file = `${mountpoint}/cgroup.subtree_control`
  return existsSync(file) && readFileSync(file, 'utf8').split(/\s/).includes(controller)
}
