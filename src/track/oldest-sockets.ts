import { stateName, type OldSocket, type SocketState } from '../model/socket-state.ts'
import { SocketFlag, type SocketRecord } from '../wire/wire.gen.ts'
import { socketPairOf } from './event-facts.ts'
import type { SocketPlace, SocketTable } from './state-counts.ts'

/** WL_UNKNOWN_MS. */
const unknownMs = 0xffff_ffff

interface Candidate extends SocketPlace {
  ageMs: number
}

/** The sockets that have been longest in states that should not last. */
export class OldestSockets {
  readonly #limit: number
  /** By state; the oldest first. */
  readonly #found = new Map<SocketState, Candidate[]>()

  /** @param limit how many of each state are kept */
  constructor(states: readonly SocketState[], limit: number) {
    this.#limit = limit
    for (const state of states) this.#found.set(state, [])
  }

  get isEmpty(): boolean {
    return [...this.#found.values()].every(({ length }) => length === 0)
  }

  /** Considers one socket of a table. */
  add(record: SocketRecord, chunk: number, offset: number): void {
    const candidates = this.#found.get(stateName(record.state))
    if (!candidates || this.#limit === 0) return
    const ageMs = record.ageMs === unknownMs ? -1 : record.ageMs
    const last = candidates[this.#limit - 1]
    if (last && last.ageMs >= ageMs) return
    const younger = candidates.findIndex((candidate) => candidate.ageMs < ageMs)
    candidates.splice(younger < 0 ? candidates.length : younger, 0, { ageMs, chunk, offset })
    if (candidates.length > this.#limit) candidates.pop()
  }

  /**
   * @param table that the sockets were added from
   * @param ownerOf whose a socket is; without a descriptor where nobody holds it
   */
  sockets(table: SocketTable, ownerOf: (record: SocketRecord) => Pick<OldSocket, 'owner' | 'fd'>): OldSocket[] {
    return [...this.#found.values()].flat().flatMap((place) => {
      const record = table.at(place)
      return record ? [oldSocketOf(record, ownerOf)] : []
    })
  }
}

function oldSocketOf(
  record: SocketRecord,
  ownerOf: (record: SocketRecord) => Pick<OldSocket, 'owner' | 'fd'>,
): OldSocket {
  return {
    state: stateName(record.state),
    ageMs: record.ageMs === unknownMs ? undefined : record.ageMs,
    isAgeLowerBound: (record.flags & SocketFlag.ageAtLeast) !== 0,
    socket: socketPairOf(record.tuple),
    connectionId: record.connectionId || undefined,
    uid: record.uid,
    ...ownerOf(record),
    receiveQueue: record.receiveQueue,
    sendQueue: record.sendQueue,
  }
}
