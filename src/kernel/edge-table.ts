import { decodeEdgeKey, edgeKeyBytes, edgeStatsBytes, type EdgeKey } from '../wire/wire.gen.ts'
import type { NativeBpfObject } from './native.ts'

/** Slots that are shared by those who found no other: OTHERS_TCP_SLOT, OTHERS_UDP_SLOT of bpf/maps/edges.h. */
const othersSlots = [
  { slot: 0, protocol: 6 },
  { slot: 1, protocol: 17 },
]

/** Edges that are kept apart, where they are asked for; beyond that they count as their process's. */
const edgeSlots = 2048
/** Processes that are kept apart; with edges, those whose edges found no room. */
const processSlots = 1024
const reservedSlots = 256

/** One entry of the kernel's table. */
export interface EdgeEntry {
  slot: number
  /** Undefined: shared by all that found no slot. */
  key: EdgeKey | undefined
  /** IPPROTO_TCP or IPPROTO_UDP. */
  protocol: number
}

/** What the kernel counts for each edge: a process and whom it talks to. */
export class EdgeTable {
  readonly #object: NativeBpfObject
  readonly #reservedFrom: number
  readonly #keys = new Map<number, Uint8Array>()
  readonly #stats = Buffer.allocUnsafeSlow(edgeStatsBytes)

  /**
   * Of a loaded object whose maps were sized; fills the lists of free slots. Before anything is attached: a socket that finds no
   * slot counts with the others for as long as its process uses it.
   */
  constructor(object: NativeBpfObject) {
    this.#object = object
    const entries = new Map(object.maps().map(({ name, maxEntries }) => [name, maxEntries]))
    const free = entries.get('free_slots') ?? 0
    this.#reservedFrom = othersSlots.length + free
    const slots = this.#reservedFrom + (entries.get('reserved_slots') ?? 0)
    for (let slot = othersSlots.length; slot < slots; slot++) this.#giveBack(slot)
  }

  /** Sizes the maps of an opened object. */
  static size(object: NativeBpfObject, byEdge: boolean): void {
    const free = byEdge ? edgeSlots : processSlots
    const reserved = byEdge ? reservedSlots : 1
    object.setMapEntries('edges', free + reserved)
    object.setMapEntries('edge_stats', othersSlots.length + free + reserved)
    object.setMapEntries('free_slots', free)
    object.setMapEntries('reserved_slots', reserved)
  }

  #giveBack(slot: number): void {
    const list = slot < this.#reservedFrom ? 'free_slots' : 'reserved_slots'
    this.#object.update(list, new Uint8Array(0), u32Bytes(slot))
  }

  /** Every entry, with those that are shared last. */
  read(): EdgeEntry[] {
    const { count, keys, values } = this.#object.entries('edges')
    const keyView = new DataView(keys.buffer, keys.byteOffset, keys.byteLength)
    this.#keys.clear()
    const entries = Array.from({ length: count }, (_, i): EdgeEntry => {
      const slot = values.readUInt32LE(4 * i)
      const key = decodeEdgeKey(keyView, i * edgeKeyBytes)
      this.#keys.set(slot, keys.subarray(i * edgeKeyBytes, (i + 1) * edgeKeyBytes))
      return { slot, key, protocol: key.protocol }
    })
    for (const { slot, protocol } of othersSlots) entries.push({ slot, key: undefined, protocol })
    return entries
  }

  /** The struct wl_edge_stats of a slot as it stands now: counts only grow, and wrap at 2^32. Valid until the next call. */
  stats(slot: number): Buffer {
    if (!this.#object.lookupInto('edge_stats', u32Bytes(slot), this.#stats))
      throw new RangeError(`there is no edge slot ${slot}`)
    return this.#stats
  }

  /** Frees the entry that the last read() found in the slot: its process is gone, so nobody counts there any more. */
  release(slot: number): void {
    const key = this.#keys.get(slot)
    if (!key) return
    this.#object.remove('edges', key)
    this.#object.update('edge_stats', u32Bytes(slot), new Uint8Array(edgeStatsBytes))
    this.#giveBack(slot)
  }
}

/** A 32-bit number as the kernel's maps hold it. */
function u32Bytes(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer)
}
