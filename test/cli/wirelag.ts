import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** bin/wirelag of this checkout. */
export const wirelagFile = fileURLToPath(new URL('../../bin/wirelag', import.meta.url))

export interface Ended {
  exitCode: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** A run of bin/wirelag, or of a command that runs it. */
export class Run {
  stdout = ''
  stderr = ''
  readonly #process: ChildProcessByStdio<null, Readable, Readable>
  readonly #ended: Promise<Ended>
  #onOutput = (): void => {}

  constructor(args: readonly string[], command: readonly string[] = []) {
    const [program = wirelagFile, ...rest] = [...command, wirelagFile, ...args]
    this.#process = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process.stdout.on('data', (chunk: Buffer) => {
      this.stdout += String(chunk)
      this.#onOutput()
    })
    this.#process.stderr.on('data', (chunk: Buffer) => {
      this.stderr += String(chunk)
      this.#onOutput()
    })
    this.#ended = new Promise((resolve) => {
      this.#process.once('close', (exitCode, signal) => {
        resolve({ exitCode, signal, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  ended(): Promise<Ended> {
    return this.#ended
  }

  /** Waits until what it has written so far fulfils a condition, or it ends. */
  async until(condition: (run: Run) => boolean): Promise<void> {
    const fulfilled = new Promise<void>((resolve) => {
      this.#onOutput = () => {
        if (condition(this)) resolve()
      }
      this.#onOutput()
    })
    await Promise.race([fulfilled, this.#ended])
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL')
  }
}

/** Runs it to its end. */
export function runToEnd(args: readonly string[], command: readonly string[] = []): Promise<Ended> {
  return new Run(args, command).ended()
}
