import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'

interface ProcessFacts {
  pid: number
  startNs: number
  comm: string
}

/**
 * Names of the services that processes belong to: the systemd unit, else the executable, else the comm. Each process is
 * looked up once, when it is first asked for, and its name is kept when it has ended, until `maxNames` others were asked
 * for.
 */
export class ServiceNames {
  readonly #isRunning: (pid: number, startNs: number) => boolean
  readonly #root: string
  readonly #maxNames: number
  /** The one that was asked for longest ago first. */
  readonly #names = new Map<string, string>()

  /** @param isRunning whether the process of that pid is still the one that started then */
  constructor(options: { isRunning: (pid: number, startNs: number) => boolean; root?: string; maxNames?: number }) {
    this.#isRunning = options.isRunning
    this.#root = options.root ?? '/proc'
    this.#maxNames = options.maxNames ?? 4096
  }

  nameOf(process: ProcessFacts): string {
    const key = `${process.pid} ${process.startNs}`
    const name = this.#names.get(key) ?? this.#read(process)
    this.#names.delete(key)
    this.#names.set(key, name)
    if (this.#names.size > this.#maxNames) this.#names.delete(this.#names.keys().next().value ?? '')
    return name
  }

  #read({ pid, startNs, comm }: ProcessFacts): string {
    const directory = `${this.#root}/${pid}`
    const name = unitOf(directory) ?? executableOf(directory)
    // Asked after it was read: what the pid's next owner is called must not count.
    return name !== undefined && this.#isRunning(pid, startNs) ? name : comm
  }
}

/** Of a process in the cgroup of a *.service itself, by the cgroup that systemd made: v2, or v1's name=systemd. */
function unitOf(directory: string): string | undefined {
  return attempt(() => {
    const text = readFileSync(`${directory}/cgroup`, 'utf8')
    const match = /^(?:0:|\d+:name=systemd):.*\/([^/\n]+)\.service(?: \(deleted\))?$/m.exec(text)
    // An underscore comes before names that a file of the cgroup might have, or that begin with one.
    return match?.[1]?.replace(/^_/, '')
  })
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
