import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { owner, ownerVariable } from './owner.ts'

/** Beyond this, a program will not answer any more. */
const readyWithinMs = 10_000

/** A program of this machine that runs in the network namespace of a host of the lab. It dies with this process. */
export class Program implements AsyncDisposable {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  static start(host: { pid: number }, command: readonly string[]): Program {
    const args = ['--pdeathsig', 'KILL', 'nsenter', '--net', `--target=${host.pid}`, '--', ...command]
    const env = { ...process.env, [ownerVariable]: owner() }
    return new Program(spawn('setpriv', args, { stdio: ['ignore', 'ignore', 'inherit'], env }))
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error(`${this.#process.spawnfile} did not start`)
    return this.#process.pid
  }

  /** Its name as the kernel has it. */
  get comm(): string {
    return readFileSync(`/proc/${this.pid}/comm`, 'utf8').trimEnd()
  }

  /** Waits for something that the program does. @throws Error if it ends, or has not done it after 10 s */
  async until(isDone: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + readyWithinMs
    while (!(await isDone())) {
      if (this.#hasEnded || Date.now() > deadline)
        throw new Error(`${this.#process.spawnargs.join(' ')} does not get ready`)
      await delay(10)
    }
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded || this.#process.pid === undefined) return
    const exited = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGKILL')
    await exited
  }
}
