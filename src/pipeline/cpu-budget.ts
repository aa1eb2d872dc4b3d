import { signalSpecs, type ProbeSignal } from '../kernel/probe-signals.ts'
import { cpuShare, type SelfCost } from './self-cost.ts'

/**
 * What is given up first: what comes with every message costs the most. What comes with connections is never given up.
 */
export const shedOrder: readonly ProbeSignal[] = [
  'udpPickup',
  'udpSend',
  'pickup',
  'send',
  'drop',
  'reset',
  'retransmit',
]

/** How many measurements over the budget follow each other before something is given up. */
const patience = 3

/** Decides what to give up so that wirelag stays within a share of one CPU. */
export class CpuBudget {
  readonly share: number
  readonly #left: ProbeSignal[]
  #overs = 0

  /** @param watched signals that are on */
  constructor(share: number, watched: readonly ProbeSignal[]) {
    this.share = share
    this.#left = shedOrder.filter((signal) => watched.includes(signal))
  }

  /** @returns the signal to give up now, if any, and why */
  judge(cost: SelfCost): { signal: ProbeSignal; reason: string } | undefined {
    const share = cpuShare(cost)
    this.#overs = share > this.share ? this.#overs + 1 : 0
    if (this.#overs < patience) return undefined
    const signal = this.#left.shift()
    if (!signal) return undefined
    this.#overs = 0
    const reason = `wirelag used ${percent(share)} of a CPU, more than its budget of ${percent(this.share)}`
    return { signal, reason: `given up as ${reason}` }
  }
}

/** What the user is told when a signal is given up. */
export function shedText({ signal, reason }: { signal: ProbeSignal; reason: string }): string {
  return `${signalSpecs[signal].title}: ${reason}`
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`
}
