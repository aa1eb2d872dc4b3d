import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { insideContainer } from './engines/container.ts'
import { owner, ownerVariable } from './owner.ts'

const binary = fileURLToPath(new URL('../build/lab/actor', import.meta.url))

/** When an operation was done, by CLOCK_MONOTONIC, and what came of it. */
export interface Done {
  startNs: number
  endNs: number
  /** For how much of that the thread wanted a CPU and had none. */
  delayNs: number
  /** A port, a count, a pid: see lab/actor/operations.cc. */
  value: number
}

/** An operation that the kernel refused. */
export class Refused extends Error {
  /** Name of the errno. */
  readonly code: string

  constructor(operation: string, code: string) {
    super(`${operation}: ${code}`)
    this.code = code
  }
}

interface Request {
  operation: string
  resolve: (done: Done) => void
  reject: (error: Error) => void
}

/**
 * A process that does socket operations as it is told, each in the thread that is named. It holds its sockets under
 * names, and has a network namespace of its own where that is asked for, which goes when it stops.
 */
export class Actor {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #requests = new Map<string, Request>()
  #lastId = 0

  private constructor(command: string, args: readonly string[]) {
    const env = { ...process.env, [ownerVariable]: owner() }
    this.#process = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env })
    createInterface(this.#process.stdout).on('line', (line) => this.#answer(line))
    this.#process.once('close', () => {
      for (const { operation, reject } of this.#requests.values())
        reject(new Error(`the actor ended during: ${operation}`))
      this.#requests.clear()
    })
  }

  /** In a network namespace of its own, loopback up. */
  static async inNewNamespace(): Promise<Actor> {
    return Actor.#ready(new Actor(binary, ['--new-netns']))
  }

  /** In the network namespace of another actor. */
  static async beside(other: { pid: number }): Promise<Actor> {
    return Actor.#ready(new Actor('nsenter', ['--net', `--target=${other.pid}`, binary]))
  }

  /** In a container, as one of its processes. */
  static async inContainer(container: { pid: number }): Promise<Actor> {
    const [file = '', ...args] = insideContainer(container, ['/bin/actor'])
    return Actor.#ready(new Actor(file, args))
  }

  static async #ready(actor: Actor): Promise<Actor> {
    await actor.do('tid')
    return actor
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error('the actor did not start')
    return this.#process.pid
  }

  /** Inode number of its network namespace. */
  get netns(): number {
    return Number(/\d+/.exec(readlinkSync(this.netnsPath))?.[0])
  }

  get netnsPath(): string {
    return `/proc/${this.pid}/ns/net`
  }

  /** Does one operation in the process's first thread. @throws Refused */
  do(operation: string): Promise<Done> {
    return this.in('main', operation)
  }

  /** Does one operation in the thread of that name, which is made if there is none. @throws Refused */
  in(thread: string, operation: string): Promise<Done> {
    const id = String(++this.#lastId)
    const { promise, resolve, reject } = Promise.withResolvers<Done>()
    this.#requests.set(id, { operation, resolve, reject })
    this.#process.stdin.write(`${id} ${thread} ${operation}\n`)
    return promise
  }

  #answer(line: string): void {
    const [id = '', startNs, endNs, delayNs, outcome = '', value] = line.split(' ')
    const request = this.#requests.get(id)
    this.#requests.delete(id)
    if (outcome !== 'ok') return request?.reject(new Refused(request.operation, outcome))
    const times = { startNs: Number(startNs), endNs: Number(endNs), delayNs: Number(delayNs) }
    request?.resolve({ ...times, value: Number(value) })
  }

  /** Ends the process and with it its sockets and its namespace. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const closed = new Promise((resolve) => this.#process.once('close', resolve))
    this.#process.kill('SIGKILL')
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
