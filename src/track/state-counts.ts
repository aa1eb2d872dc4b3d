import { stateName, stateNumbers, socketStates, type StateCounts } from '../model/socket-state.ts'
import { SocketRecord, socketRecordBytes } from '../wire/wire.gen.ts'

/** TCP_LISTEN of include/net/tcp_states.h. */
const listening = 10

/** The sockets of one moment, read in place: there may be very many. */
export class SocketTable {
  readonly #chunks: readonly DataView[]

  /** @param buffers of whole SocketRecords, those that listen first */
  constructor(buffers: readonly Buffer[]) {
    this.#chunks = buffers.map(({ buffer, byteOffset, byteLength }) => new DataView(buffer, byteOffset, byteLength))
  }

  /**
   * One pass over all; there may be another within it.
   *
   * @param visit is given a record that is valid only during the call, and where at() finds it again
   */
  each(visit: (record: SocketRecord, chunk: number, offset: number) => void): void {
    this.#chunks.forEach((view, chunk) => {
      const record = new SocketRecord(view)
      for (let offset = 0; offset < view.byteLength; offset += socketRecordBytes)
        visit(record.at(offset), chunk, offset)
    })
  }

  /** The sockets that listen, which come first in each buffer; otherwise as each(). */
  eachListening(visit: (record: SocketRecord) => void): void {
    for (const view of this.#chunks) {
      const record = new SocketRecord(view)
      for (let offset = 0; offset < view.byteLength; offset += socketRecordBytes) {
        if (record.at(offset).state !== listening) break
        visit(record)
      }
    }
  }

  /** @returns undefined where there is none */
  at({ chunk, offset }: SocketPlace): SocketRecord | undefined {
    const view = this.#chunks[chunk]
    return view && new SocketRecord(view).at(offset)
  }
}

/** Where in a SocketTable a socket is. */
export interface SocketPlace {
  chunk: number
  offset: number
}

interface Entry<Subject> {
  subject: Subject
  /** By the kernel's number of the state. */
  counts: Uint32Array
}

/** Sums sockets by state and by something that they have in common. */
export class StateTally<Key, Subject> {
  readonly #entries = new Map<Key, Entry<Subject>>()
  readonly #makeSubject: (key: Key) => Subject

  constructor(makeSubject: (key: Key) => Subject) {
    this.#makeSubject = makeSubject
  }

  /** @param state the kernel's number */
  add(key: Key, state: number): void {
    let entry = this.#entries.get(key)
    if (!entry) {
      entry = { subject: this.#makeSubject(key), counts: new Uint32Array(stateNumbers) }
      this.#entries.set(key, entry)
    }
    if (state < stateNumbers) entry.counts[state]!++
  }

  /** The subject with most sockets first. */
  rows(): { key: Key; subject: Subject; total: number; states: StateCounts }[] {
    return [...this.#entries]
      .map(([key, { subject, counts }]) => ({ key, subject, states: stateCounts(counts), total: sumOf(counts) }))
      .toSorted((a, b) => b.total - a.total)
  }
}

function sumOf(counts: Uint32Array): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function stateCounts(counts: Uint32Array): StateCounts {
  const byName = new Map<string, number>()
  counts.forEach((count, number) => {
    if (count > 0) byName.set(stateName(number), (byName.get(stateName(number)) ?? 0) + count)
  })
  return Object.fromEntries(socketStates.flatMap((name) => (byName.has(name) ? [[name, byName.get(name)]] : [])))
}

/** The sums of several rows together. */
export function addCounts(rows: readonly { states: StateCounts }[]): StateCounts {
  const sum: StateCounts = {}
  for (const name of socketStates) {
    const count = rows.reduce((all, { states }) => all + (states[name] ?? 0), 0)
    if (count > 0) sum[name] = count
  }
  return sum
}
