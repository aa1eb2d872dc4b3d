import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { RecentMap } from '../lib/recent-map.ts'
import { parseCgroupPath, type CgroupIdentity } from './cgroup-path.ts'

/** A process as the kernel names it. */
export interface ProcessFacts {
  pid: number
  /** Nanoseconds after boot. */
  startNs: number
  /** Of the thread that was seen. */
  comm: string
  /** That thread; undefined: any of the process. */
  tid?: number
}

/** What /proc tells of a process. */
export interface ProcessNames {
  /** Undefined: a kernel thread, or gone before it was looked at. */
  executable: string | undefined
  /** Undefined: gone before it was looked at. */
  cgroup: CgroupIdentity | undefined
  cgroupPath: string | undefined
}

const nothing: ProcessNames = { executable: undefined, cgroup: undefined, cgroupPath: undefined }

/** How long it is kept of a process that nobody asks for. */
const keptMs = 300_000

/**
 * Reads each process once, when it is first asked for, and keeps what it found when the process has ended, for some
 * minutes or until `maxProcesses` others were asked for.
 */
export class ProcessReader {
  readonly #isRunning: (pid: number, startNs: number) => boolean
  readonly #root: string
  readonly #known: RecentMap<string, ProcessNames>

  /** @param isRunning whether the process of that pid is still the one that started then */
  constructor(options: { isRunning: (pid: number, startNs: number) => boolean; root?: string; maxProcesses?: number }) {
    this.#isRunning = options.isRunning
    this.#root = options.root ?? '/proc'
    this.#known = new RecentMap({ maxEntries: options.maxProcesses ?? 4096, keptMs })
  }

  namesOf(facts: ProcessFacts): ProcessNames {
    const key = `${facts.pid} ${facts.startNs}`
    const known = this.#known.get(key)
    if (known) return known
    const names = this.#read(facts)
    if (names === undefined) return nothing
    this.#known.set(key, names)
    return names
  }

  /** Undefined: it cannot be told now. */
  #read({ pid, startNs, tid, comm }: ProcessFacts): ProcessNames | undefined {
    const directory = `${this.#root}/${pid}`
    const names = { executable: executableOf(directory), ...cgroupOf(directory) }
    // Asked after it was read: what the pid's next owner is called must not count.
    if (!this.#isRunning(pid, startNs)) return nothing
    // /proc tells the start in ticks of 10 ms, in which a pid may have had several owners: the thread's name must fit, too.
    return hasThread(directory, tid, comm) ? names : undefined
  }
}

function hasThread(directory: string, tid: number | undefined, comm: string): boolean {
  const commOf = (thread: string): string | undefined =>
    attempt(() => readFileSync(`${directory}/task/${thread}/comm`, 'utf8').replace(/\n$/, ''))
  if (tid !== undefined) return commOf(String(tid)) === comm
  const threads = attempt(() => readdirSync(`${directory}/task`)) ?? []
  return threads.some((thread) => commOf(thread) === comm)
}

/** Of all hierarchies the one that tells of a container, else of a unit: old engines make containers in v1 only. */
function cgroupOf(directory: string): Pick<ProcessNames, 'cgroup' | 'cgroupPath'> {
  const text = attempt(() => readFileSync(`${directory}/cgroup`, 'utf8'))
  if (text === undefined) return { cgroup: undefined, cgroupPath: undefined }
  const found = text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, controllers = '', cgroupPath = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
      return { controllers, cgroupPath, cgroup: parseCgroupPath(cgroupPath) }
    })
  const container = found.find(({ cgroup }) => isContainer(cgroup))
  // Only there every folder is systemd's own.
  const ofSystemd = found.filter(({ controllers }) => controllers === '' || controllers === 'name=systemd')
  return container ?? ofSystemd.find(({ cgroup }) => cgroup.unit !== undefined) ?? ofSystemd.at(-1) ?? nothing
}

/** Whether a path says that it is a container's. */
export function isContainer({ containerId, containerName }: CgroupIdentity): boolean {
  return containerId !== undefined || containerName !== undefined
}

/** Kernel threads have none. One that was started by another name of the file, such as a link, goes by that. */
function executableOf(directory: string): string | undefined {
  return attempt(() => {
    const file = readlinkSync(`${directory}/exe`).replace(/ \(deleted\)$/, '')
    const alias = attempt(() => basename(readFileSync(`${directory}/comm`, 'utf8').trimEnd()))
    const isAlias = alias && isSameFile(`${directory}/root${dirname(file)}/${alias}`, `${directory}/exe`)
    return isAlias ? alias : basename(file)
  })
}

function isSameFile(a: string, b: string): boolean {
  const [first, second] = [statSync(a, { throwIfNoEntry: false }), statSync(b, { throwIfNoEntry: false })]
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev
}

/** Undefined for a process that has gone, or whose files are not ours to read. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
