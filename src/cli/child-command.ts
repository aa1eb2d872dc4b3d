import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import type { Writable } from 'node:stream'

/**
 * A program that has been started but waits before its first instruction, so that it can be watched from there on.
 * It has our terminal; its pid stays the same when it begins.
 */
export class ChildCommand {
  readonly #process: ChildProcess

  constructor(args: readonly string[]) {
    // The shell waits for a line on descriptor 3, then becomes the program.
    const script = 'read -r _ <&3; exec 3<&-; exec "$@"'
    this.#process = spawn('/bin/sh', ['-c', script, 'sh', ...args], {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    })
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error('the command was not started')
    return this.#process.pid
  }

  begin(): void {
    ;(this.#process.stdio[3] as Writable).end('\n')
  }

  /** Its exit code, as a shell tells it: 128 and the signal's number where a signal ended it. */
  async ended(): Promise<number> {
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await new Promise((resolve) => this.#process.once('close', resolve))
    const { exitCode, signalCode } = this.#process
    return exitCode ?? 128 + (signalCode === null ? 0 : constants.signals[signalCode])
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }
}
