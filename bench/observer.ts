import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** bin/wirelag of this checkout. */
export const wirelagFile = fileURLToPath(new URL('../bin/wirelag', import.meta.url))

/** Something that watches the load. */
export interface Observer {
  name: string
  command: string[]
}

/**
 * What is measured, wirelag's first.
 *
 * @param tcppktlat the peer's command line
 * @param stateFolder of the agent's flight recorder
 */
export function observers(tcppktlat: string[], stateFolder: string): Observer[] {
  const agent = ['agent', '--state-dir', stateFolder, '--listen', '127.0.0.1:0']
  return [
    { name: 'wirelag pktlat --summary', command: [wirelagFile, 'pktlat', '--summary'] },
    { name: 'wirelag send', command: [wirelagFile, 'send'] },
    { name: 'wirelag top: all signals', command: [wirelagFile, 'top'] },
    { name: 'wirelag agent: all of it', command: [wirelagFile, ...agent] },
    { name: 'wirelag pktlat, printing', command: [wirelagFile, 'pktlat'] },
    { name: 'tcppktlat, printing', command: tcppktlat },
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

function listPrograms(): ListedProgram[] {
  return JSON.parse(execFileSync('/usr/sbin/bpftool', ['prog', 'show', '--json']).toString()) as ListedProgram[]
}

/** An observer at work, its output thrown away. */
export class RunningObserver {
  readonly #process: ChildProcess
  readonly #others: ReadonlySet<number>

  private constructor(process: ChildProcess, others: ReadonlySet<number>) {
    this.#process = process
    this.#others = others
  }

  static async start({ command: [program = '', ...args] }: Observer): Promise<RunningObserver> {
    const others = new Set(listPrograms().map(({ id }) => id))
    const nowhere = openSync('/dev/null', 'w')
    const running = new RunningObserver(spawn(program, args, { stdio: ['ignore', nowhere, nowhere] }), others)
    closeSync(nowhere)
    // Attached is a moment after loaded; and an attempt may fail, to be followed by another.
    let before = ''
    for (let loaded = running.#ids(); loaded !== before || loaded === '';) {
      await sleep(500)
      before = loaded
      loaded = running.#ids()
    }
    return running
  }

  /** Run counts and times, where they are measured, of its BPF programs. */
  programRuns(): ProgramRuns[] {
    return this.#programs().map(({ name = '', run_cnt: runs = 0, run_time_ns: runNs = 0 }) => ({ name, runs, runNs }))
  }

  /** Ends it, and waits for its end: its programs are gone by then. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve))
    this.#process.kill('SIGINT')
    await ended
  }

  /** Those that were not there before it. */
  #programs(): ListedProgram[] {
    return listPrograms().filter(({ id }) => !this.#others.has(id))
  }

  #ids(): string {
    return this.#programs()
      .map(({ id }) => id)
      .join()
  }
}
