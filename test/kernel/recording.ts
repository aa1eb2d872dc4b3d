import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Actor, Done } from '../../lab/actor.ts'
import type { LogLinearHistogram } from '../../src/histogram/log-linear-histogram.ts'
import type { Book } from '../../src/model/book.ts'
import type { ConnectionEvent, ExistingConnection } from '../../src/model/connection-event.ts'
import type { StageName } from '../../src/model/edge.ts'
import type { Filter } from '../../src/model/filter.ts'
import type { ToldHistory } from '../../src/model/incident.ts'
import type { Ledger } from '../../src/model/ledger.ts'
import type { PacketEvent } from '../../src/model/packet-event.ts'
import type { PickupSample } from '../../src/model/pickup-sample.ts'
import type { SendSample } from '../../src/model/send-sample.ts'
import type { StateChange } from '../../src/model/socket-state.ts'
import { byProcess } from '../../src/track/process-activity.ts'
import { Watch, type WatchOptions, type WatchResult } from '../../src/pipeline/watch.ts'

const patienceMs = 10_000

/** A watch whose events are kept, for a test to look at. */
export class Recording {
  readonly connections: ConnectionEvent[] = []
  readonly pickups: PickupSample[] = []
  readonly sends: SendSample[] = []
  readonly packets: PacketEvent[] = []
  readonly ledgers: Ledger[] = []
  readonly histories: ToldHistory[] = []
  readonly existing: ExistingConnection[] = []
  readonly states: StateChange[] = []
  /** Takes the pickups instead of keeping them: for a test with very many. */
  onPickup = (sample: PickupSample): void => {
    this.pickups.push(sample)
  }
  #watch: Watch | undefined

  static async start(options: Partial<WatchOptions>): Promise<Recording> {
    const recording = new Recording()
    recording.#watch = await Watch.start(
      {
        signals: ['connect', 'accept', 'close'],
        filter: {},
        slowNs: undefined,
        ringBytes: 1 << 20,
        ...options,
      },
      {
        onConnection: (event) => recording.connections.push(event),
        onPickup: (sample) => recording.onPickup(sample),
        onSend: (sample) => recording.sends.push(sample),
        onPacket: (event) => recording.packets.push(event),
        onLedger: (ledger) => recording.ledgers.push(ledger),
        onHistory: (history) => recording.histories.push(history),
        onExisting: (connection) => recording.existing.push(connection),
        onState: (change) => recording.states.push(change),
      },
    )
    // Of UDP sends some cannot be seen by tracepoints: doctor says so.
    const notOn = recording.watch.signals.find(({ signal, status }) => status !== 'on' && signal !== 'udpSend')
    if (notOn) throw new Error(`${notOn.signal} is ${notOn.status}: ${notOn.reasons.join('; ')}`)
    return recording
  }

  /** Of every connection event. */
  static connections(filter: Filter, options: Partial<WatchOptions> = {}): Promise<Recording> {
    return Recording.start({ filter, ...options })
  }

  /** Of every pickup, one by one. */
  static pickups(filter: Filter, options: Partial<WatchOptions> = {}): Promise<Recording> {
    return Recording.start({
      signals: ['pickup'],
      filter,
      pickupRows: { overNs: 0 },
      aggregate: 'process',
      ...options,
    })
  }

  /** Of every send call, one by one. */
  static sends(filter: Filter, options: Partial<WatchOptions> = {}): Promise<Recording> {
    return Recording.start({
      signals: ['send', 'udpSend'],
      filter,
      sendRows: { overNs: 0 },
      aggregate: 'process',
      ...options,
    })
  }

  get watch(): Watch {
    if (!this.#watch) throw new Error('the recording has ended')
    return this.#watch
  }

  /** Waits until a condition holds of what has been recorded; fails after 10 s. */
  async until(condition: () => boolean): Promise<void> {
    const deadlineMs = Date.now() + patienceMs
    for (;;) {
      this.watch.drain()
      if (condition()) return
      if (Date.now() > deadlineMs) throw new Error(`waited in vain; recorded ${this.#gist()}`)
      await sleep(5)
    }
  }

  #gist(): string {
    const events = [...this.connections, ...this.pickups, ...this.sends, ...this.packets, ...this.ledgers]
    return `${events.length}: ${events
      .slice(-8)
      .map((event) => JSON.stringify(event))
      .join('\n')}`
  }

  /** Ends the recording: every event up to now is in it. */
  stop(): WatchResult {
    const result = this.watch.stop()
    this.#watch = undefined
    return result
  }

  [Symbol.dispose](): void {
    this.#watch?.close()
  }
}

/** A filter for the network namespaces of these actors. */
export function inNetns(...actors: Actor[]): Filter {
  return { netns: { include: actors.map(({ netns }) => ({ low: netns, high: netns })), exclude: [] } }
}

/** The book of one signal. */
export function bookOf(result: WatchResult, signal: Book['signal']): Book {
  const book = result.books.find((candidate) => candidate.signal === signal)
  if (!book) throw new Error(`there is no book of ${signal}`)
  return book
}

/** What was counted of one stage, by process. */
export function counted(
  result: WatchResult,
  stage: StageName,
  protocol: 'tcp' | 'udp' = 'tcp',
): { pid: number | undefined; comm: string | undefined; histogram: LogLinearHistogram }[] {
  return byProcess(result.activities)
    .filter(({ edge, stages }) => edge.protocol === protocol && stages[stage].count > 0)
    .map(({ edge, stages }) => ({ pid: edge.process?.pid, comm: edge.process?.comm, histogram: stages[stage] }))
}

/** Within 0.3 ms + 2 %: the accuracy that wirelag promises. */
function assertBetween(actualNs: number | undefined, leastNs: number, mostNs: number): void {
  const slackNs = 0.3e6 + 0.02 * mostNs
  const isWithin = actualNs !== undefined && actualNs >= leastNs - slackNs && actualNs <= mostNs + slackNs
  assert.ok(isWithin, `${actualNs} ns where ${leastNs} to ${mostNs} ns are expected`)
}

/** A time that was all of an operation, but for what the actor had no CPU before it, or for saying that it was over. */
export function assertTook(actualNs: number | undefined, { startNs, endNs, delayNs }: Done): void {
  assertBetween(actualNs, endNs - startNs - delayNs, endNs - startNs)
}

/**
 * A time from one operation to another: what is measured began while the first was done and ended while the second was,
 * however long the actor was kept from saying so.
 */
export function assertSpan(actualNs: number | undefined, from: Done, to: Done): void {
  assertBetween(actualNs, Math.max(0, to.startNs - from.endNs), to.endNs - from.startNs)
}

/** Whether every event of a book is accounted for. */
export function isBalanced(book: Book): boolean {
  return book.attempted === book.delivered + book.lost + book.filtered + book.invalid
}
