import type { AlertScene } from '../export/alertmanager.ts'

/** Changes of the host's clock that are smaller do not move the times of alerts that are there. */
const slackMs = 1000

/** The time of alerts, by what the agent tells: from its first second on, and never back. */
export class AlertClock {
  host: string
  #timeNs = 0
  #nowUnixMs = 0
  /** What time 0 was. */
  #zeroUnixMs: number | undefined

  constructor(host: string) {
    this.host = host
  }

  get timeNs(): number {
    return this.#timeNs
  }

  /** A second is over. */
  add({ spanMs, unixMs }: { spanMs: number; unixMs: number }): void {
    this.#timeNs += spanMs * 1e6
    this.#nowUnixMs = unixMs
    const zeroMs = unixMs - this.#timeNs / 1e6
    if (this.#zeroUnixMs === undefined || Math.abs(zeroMs - this.#zeroUnixMs) >= slackMs) this.#zeroUnixMs = zeroMs
  }

  scene(): AlertScene {
    const zeroMs = this.#zeroUnixMs ?? 0
    return { host: this.host, nowMs: this.#nowUnixMs, unixMs: (timeNs) => zeroMs + timeNs / 1e6 }
  }
}
