import { listenAddressText, type ListenAddress } from '../lib/listen-address.ts'
import type { AgentLog } from '../pipeline/agent/agent-log.ts'
import { startServer, type RunningServer, type ServerOptions } from '../server/server.ts'

const retryMs = 5000

/** The agent's HTTP side: an address that is taken is tried again and again, and stops nothing else. */
export class AgentWeb {
  readonly #options: ServerOptions
  readonly #log: AgentLog
  #server: RunningServer | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  /** What kept it from listening, as it was told. */
  #told: string | undefined

  constructor(options: ServerOptions, log: AgentLog) {
    this.#options = options
    this.#log = log
  }

  get listen(): ListenAddress {
    return this.#options.listen
  }

  /** Listens, if not now then later. */
  async open(): Promise<void> {
    try {
      const server = await startServer(this.#options)
      if (this.#isClosed) return await server.close()
      this.#server = server
      this.#log('info', `metrics at ${server.url}/metrics`, { url: `${server.url}/metrics` })
    } catch (error) {
      const { message } = error as Error
      if (this.#told !== message) this.#log('warning', message, { listen: listenAddressText(this.listen) })
      this.#told = message
      this.#timer = setTimeout(() => void this.open(), retryMs)
      this.#timer.unref()
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#server?.close()
  }
}
