import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

type Answer = (response: ServerResponse, count: number) => void

const patienceMs = 30_000

/** An HTTP server on the loopback interface, which keeps the JSON that it gets. */
export class Hook<T> {
  readonly bodies: T[] = []
  /** Of every request; `count` is its number. */
  answer: Answer = (response) => response.end()
  readonly #server: Server
  #port = 0

  constructor() {
    this.#server = createServer((request: IncomingMessage, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => this.answer(response, this.bodies.push(JSON.parse(body) as T)))
    })
  }

  async listen(): Promise<URL> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
    return new URL(`http://127.0.0.1:${this.#port}/T0/SECRET`)
  }

  /** Nobody is at its address any more, until it listens again. */
  async hangUp(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.hangUp()
  }
}

/** Waits for a condition. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadlineMs = performance.now() + patienceMs
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`it did not come: ${what}`)
    await sleep(10)
  }
}
