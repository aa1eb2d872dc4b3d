import type { Incident, SocketHistory } from '../model/incident.ts'
import type { Ledger } from '../model/ledger.ts'
import type { SlowSample } from '../model/slow-sample.ts'

interface Kept {
  connectionId: number
  sample: SlowSample
}

export interface IncidentsOptions {
  /** Nanoseconds since 1970 of a time after the session's epoch. */
  unixNs: (timeNs: number) => bigint
  /** Each take at most so many, the slowest. */
  maxTaken?: number
  /** Of one process and stage. */
  maxOfStage?: number
}

/** Samples that are held until they are taken; beyond it the quicker of a stage is left out. */
const maxHeld = 4096
/** Of one connection, the latest. */
const maxLedgers = 64
/** Of one connection's history. */
const maxEvents = 256

/**
 * Gathers what took long or failed, with the ledger and the history of its connection, where there is one. Of very many only
 * the slowest are kept, so that a storm does not fill the recorder; how many are left out is counted.
 */
export class Incidents {
  readonly #options: Required<IncidentsOptions>
  #held: Kept[] = []
  #ledgers = new Map<number, Ledger[]>()
  #histories = new Map<number, SocketHistory>()
  leftOut = 0

  constructor({ unixNs, maxTaken = 20, maxOfStage = 5 }: IncidentsOptions) {
    this.#options = { unixNs, maxTaken, maxOfStage }
  }

  add(sample: SlowSample, connectionId: number): void {
    if (this.#held.length < maxHeld) this.#held.push({ sample, connectionId })
    else this.leftOut++
  }

  addLedger(ledger: Ledger): void {
    const known = this.#ledgers.get(ledger.connectionId) ?? []
    if (known.length === 0 && this.#ledgers.size >= maxHeld) return
    this.#ledgers.set(ledger.connectionId, [...known.slice(1 - maxLedgers), ledger])
  }

  /** A spike tells several, each with what is new since the one before. */
  addHistory(history: SocketHistory): void {
    const { connectionId } = history
    const known = this.#histories.get(connectionId)
    if (known)
      this.#histories.set(connectionId, { ...known, events: [...known.events, ...history.events].slice(-maxEvents) })
    else if (this.#histories.size < maxHeld) this.#histories.set(connectionId, history)
  }

  /** The slowest since the last call, in the order of their time. */
  take(): Incident[] {
    const { maxTaken, maxOfStage, unixNs } = this.#options
    const ofStages = new Map<string, number>()
    const chosen: Kept[] = []
    for (const kept of this.#held.toSorted((a, b) => b.sample.latencyNs - a.sample.latencyNs)) {
      const { task, what } = kept.sample
      const key = `${task.pid} ${what}`
      const count = ofStages.get(key) ?? 0
      if (chosen.length >= maxTaken || count >= maxOfStage) continue
      ofStages.set(key, count + 1)
      chosen.push(kept)
    }
    this.leftOut += this.#held.length - chosen.length
    const incidents = chosen
      .toSorted((a, b) => a.sample.timeNs - b.sample.timeNs)
      .map(({ sample, connectionId }, i) => {
        const at = unixNs(sample.timeNs)
        const ledger = ledgerAround(sample, this.#ledgers.get(connectionId) ?? [])
        const history = historyBefore(sample, this.#histories.get(connectionId))
        return { id: `${at.toString(36)}${i.toString(36)}`, unixNs: at, connectionId, sample, ledger, history }
      })
    this.#held = []
    this.#ledgers = new Map()
    this.#histories = new Map()
    return incidents
  }
}

/** A ledger ends where its last event does, which may be told a little later than the sample. */
const toleranceNs = 1e6

/** The shortest span that the sample is in. */
function ledgerAround({ timeNs }: SlowSample, ledgers: readonly Ledger[]): Ledger | undefined {
  return ledgers
    .filter((ledger) => timeNs >= ledger.timeNs - ledger.wallNs && timeNs <= ledger.timeNs + toleranceNs)
    .toSorted((a, b) => a.wallNs - b.wallNs)[0]
}

/** Without what came after the sample. */
function historyBefore({ timeNs }: SlowSample, history: SocketHistory | undefined): SocketHistory | undefined {
  const events = history?.events.filter((event) => event.timeNs <= timeNs + toleranceNs) ?? []
  return history && events.length > 0 ? { ...history, events } : undefined
}
