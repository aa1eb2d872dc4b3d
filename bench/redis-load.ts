import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const port = 7399
const clients = 20

/** A Redis server on a port of its own, nothing written to disk. */
export class RedisServer {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  static async start(): Promise<RedisServer> {
    const options = ['--port', String(port), '--save', '', '--appendonly', 'no', '--loglevel', 'warning']
    const server = new RedisServer(spawn('redis-server', options, { stdio: 'ignore' }))
    while (!(await answers())) await sleep(20)
    return server
  }

  stop(): void {
    this.#process.kill('SIGKILL')
  }

  [Symbol.dispose](): void {
    this.stop()
  }
}

function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** 20 clients ask PING `count` times, one after the other each; returns how many a second were answered. */
export function ping(count: number): number {
  const options = ['-p', String(port), '-c', String(clients), '-n', String(count), '-t', 'ping_mbulk', '--csv']
  const output = execFileSync('redis-benchmark', options).toString()
  const rate = /"PING_MBULK","([\d.]+)"/.exec(output)?.[1]
  if (rate === undefined) throw new Error(`redis-benchmark said: ${output}`)
  return Number(rate)
}

/** A request and its answer: two messages that somebody receives. */
export const messagesPerPing = 2
