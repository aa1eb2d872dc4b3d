import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** bin/wirelag of this checkout. */
export const wirelagFile = fileURLToPath(new URL('../bin/wirelag', import.meta.url))

/** Something that watches the load, or nothing. */
export interface Observer {
  name: string
  command: string[] | undefined
  /** Prefixes of its BPF programs' names. */
  programs: string[]
}

/** Of all of wirelag's programs that messages pass. */
const hotPrograms = ['pickup_', 'send_', 'datagram_', 'accept_first']

export function observers(tcppktlat: string[]): Observer[] {
  return [
    { name: 'nothing', command: undefined, programs: [] },
    { name: 'wirelag pktlat --summary', command: [wirelagFile, 'pktlat', '--summary'], programs: ['pickup_'] },
    { name: 'wirelag send', command: [wirelagFile, 'send'], programs: ['send_'] },
    { name: 'wirelag top: all signals', command: [wirelagFile, 'top'], programs: hotPrograms },
    { name: 'wirelag pktlat, printing', command: [wirelagFile, 'pktlat'], programs: ['pickup_'] },
    { name: 'tcppktlat, printing', command: tcppktlat, programs: ['tcp_probe', 'tcp_rcv_space_', 'tcp_destroy_soc'] },
  ]
}

export interface ProgramRuns {
  name: string
  runs: number
  runNs: number
}

interface ListedProgram {
  id: number
  name?: string
  run_cnt?: number
  run_time_ns?: number
}

function listPrograms(prefixes: readonly string[]): ListedProgram[] {
  const programs = JSON.parse(
    execFileSync('/usr/sbin/bpftool', ['prog', 'show', '--json']).toString(),
  ) as ListedProgram[]
  return programs.filter(({ name }) => name !== undefined && prefixes.some((prefix) => name.startsWith(prefix)))
}

/** Run counts and times, where they are measured, of the kernel's BPF programs whose name begins so. */
export function programRuns(prefixes: readonly string[]): ProgramRuns[] {
  return listPrograms(prefixes).map(({ name = '', run_cnt: runs = 0, run_time_ns: runNs = 0 }) => ({
    name,
    runs,
    runNs,
  }))
}

function programIds(prefixes: readonly string[]): string {
  return listPrograms(prefixes)
    .map(({ id }) => id)
    .join()
}

/** An observer at work, its output thrown away. */
export class RunningObserver {
  readonly #process: ChildProcess | undefined

  private constructor(process: ChildProcess | undefined) {
    this.#process = process
  }

  static async start(observer: Observer): Promise<RunningObserver> {
    const [program, ...args] = observer.command ?? []
    if (program === undefined) return new RunningObserver(undefined)
    const nowhere = openSync('/dev/null', 'w')
    const running = new RunningObserver(spawn(program, args, { stdio: ['ignore', nowhere, nowhere] }))
    closeSync(nowhere)
    // Attached is a moment after loaded; and an attempt may fail, to be followed by another.
    let before = ''
    for (let loaded = programIds(observer.programs); loaded !== before || loaded === '';) {
      await sleep(500)
      before = loaded
      loaded = programIds(observer.programs)
    }
    return running
  }

  async stop(): Promise<void> {
    if (!this.#process) return
    const ended = new Promise((resolve) => this.#process?.once('close', resolve))
    this.#process.kill('SIGINT')
    await ended
  }
}
