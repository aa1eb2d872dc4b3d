import { sendUnixDatagram } from '../../kernel/unix-datagram.ts'

/** The parts of the environment that systemd sets for a service. */
export interface ServiceEnvironment {
  NOTIFY_SOCKET?: string
  WATCHDOG_USEC?: string
  WATCHDOG_PID?: string
}

/** Tells systemd how the agent is (sd_notify(3)); where no systemd runs it, nobody. */
export class ServiceManager {
  readonly #socket: string | undefined
  readonly #watchdogMs: number | undefined
  readonly #isWell: () => boolean
  #watchdog: NodeJS.Timeout | undefined

  /** @param isWell what the watchdog asks before it is told that all is well */
  constructor(environment: ServiceEnvironment = process.env, isWell = (): boolean => true) {
    this.#isWell = isWell
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment
    this.#socket = NOTIFY_SOCKET || undefined
    const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid
    const periodUs = Number(WATCHDOG_USEC)
    this.#watchdogMs = isOurs && periodUs > 0 ? periodUs / 1000 : undefined
  }

  /** It runs; from now on the watchdog hears of it. */
  ready(status: string): void {
    this.#send(`READY=1\nSTATUS=${oneLine(status)}`)
    if (this.#watchdogMs === undefined || this.#watchdog) return
    this.#watchdog = setInterval(() => {
      if (this.#isWell()) this.#send('WATCHDOG=1')
    }, this.#watchdogMs / 2)
    this.#watchdog.unref()
  }

  reloading(): void {
    this.#send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`)
  }

  stopping(): void {
    clearInterval(this.#watchdog)
    this.#send('STOPPING=1')
  }

  #send(text: string): void {
    if (this.#socket === undefined) return
    try {
      sendUnixDatagram(this.#socket, text)
    } catch {
      // Whoever started us has gone: there is nobody to tell.
    }
  }
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}
