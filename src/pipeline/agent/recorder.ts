import type { StoredRecord } from '../../model/record.ts'
import { recordsOf } from '../../store/observation-records.ts'
import type { Store, StoreStatus } from '../../store/store.ts'
import type { Book } from '../../model/book.ts'
import type { Incident } from '../../model/incident.ts'
import { formatBytes } from '../../lib/byte-size.ts'
import { bookChanges } from '../../track/book-changes.ts'
import type { AgentSecond, AgentSink, AgentStep } from './agent-sink.ts'

const maintainMs = 60_000

export interface RecorderOptions {
  store: Store
  host: string
  /** What others have for the recorder since the last step, such as HTTP latencies. */
  more?: () => StoredRecord[]
}

/** Writes what the agent sees into the flight recorder: each step, and at once what was lost. */
export class Recorder implements AgentSink {
  readonly name = 'recorder'
  readonly #options: RecorderOptions
  #incidents: Incident[] = []
  #books: readonly Book[] = []
  #maintainedUnixMs = 0
  /** Appends follow each other. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  onSecond({ incidents, books, unixMs }: AgentSecond): void {
    this.#incidents.push(...incidents)
    const losses = bookChanges(this.#books, books).filter(({ lost }) => lost > 0)
    this.#books = books
    if (losses.length > 0) this.#append(losses.map((loss) => this.#lossRecord(loss, unixMs)))
  }

  #lossRecord({ signal, lost }: Book, unixMs: number): StoredRecord {
    const subject = { service: '', container: '', pod: '', namespace: '' }
    const { host } = this.#options
    return { kind: 'book', host, timeUnixMs: unixMs, spanMs: 0, key: signal, ...subject, body: { signal, lost } }
  }

  onStep(step: AgentStep): void {
    const { host, more } = this.#options
    const incidents = this.#incidents
    this.#incidents = []
    this.#append([...recordsOf({ ...step, host, incidents }), ...(more?.() ?? [])])
    const endUnixMs = step.startUnixMs + step.spanMs
    if (endUnixMs - this.#maintainedUnixMs < maintainMs) return
    this.#maintainedUnixMs = endUnixMs
    this.#then((store) => store.maintain(endUnixMs))
  }

  #append(records: readonly StoredRecord[]): void {
    this.#then((store) => store.append(records))
  }

  #then(act: (store: Store) => Promise<void>): void {
    this.#turn = this.#turn.then(() => act(this.#options.store)).catch(() => {})
  }

  status(): StoreStatus {
    return this.#options.store.status()
  }

  notice(): string | undefined {
    const { state, reason, spooledBytes } = this.status()
    if (state === 'paused') return `history paused: ${reason ?? 'the store cannot be written to'}`
    if (state === 'spooling') return `history waits on the local disk (${formatBytes(spooledBytes)}): ${reason ?? ''}`
    return undefined
  }

  async close(): Promise<void> {
    await this.#turn
    await this.#options.store.close()
  }
}
