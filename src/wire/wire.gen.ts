// Generated from the BTF of bpf/wire/wire.h by `npm run generate`. Not to be edited.

import { readAddress, readText, readU64, writeAddress, writeEach, writeU64 } from './fields.ts'

export const ConnectionFlag = {
  active: 1,
  existing: 2,
  slow: 4,
  selected: 8,
  accepted: 16,
} as const

export const EventKind = {
  pending: 1,
  connect: 2,
  fail: 3,
  accept: 4,
  close: 5,
  pickup: 6,
} as const

export const OwnerSource = {
  unknown: 0,
  syscall: 1,
  firstUse: 2,
  existing: 3,
} as const

export const PickupFlag = {
  atLeast: 1,
} as const

export const Signal = {
  pending: 0,
  connect: 1,
  accept: 2,
  close: 3,
  pickup: 4,
} as const

export interface Book {
  submitted: number
  lost: number
  filtered: number
  invalid: number
}

export const bookBytes = 32

export function decodeBook(view: DataView, offset: number): Book {
  return {
    submitted: readU64(view, offset),
    lost: readU64(view, offset + 8),
    filtered: readU64(view, offset + 16),
    invalid: readU64(view, offset + 24),
  }
}

export const closeEventBytes = 144

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class CloseEvent {
  readonly #view: DataView
  #offset = 0
  readonly tuple: Tuple
  readonly owner: Task

  constructor(view: DataView) {
    this.#view = view
    this.tuple = new Tuple(view)
    this.owner = new Task(view)
  }

  /** Moves to the record that begins there. */
  at(offset: number): this {
    this.#offset = offset
    this.tuple.at(offset + 24)
    this.owner.at(offset + 64)
    return this
  }

  get kind(): number {
    return this.#view.getUint32(this.#offset, true)
  }

  get flags(): number {
    return this.#view.getUint32(this.#offset + 4, true)
  }

  get timeNs(): number {
    return readU64(this.#view, this.#offset + 8)
  }

  get connectionId(): number {
    return readU64(this.#view, this.#offset + 16)
  }

  get durationNs(): number {
    return readU64(this.#view, this.#offset + 104)
  }

  get sentBytes(): number {
    return readU64(this.#view, this.#offset + 112)
  }

  get receivedBytes(): number {
    return readU64(this.#view, this.#offset + 120)
  }

  get retransmits(): number {
    return this.#view.getUint32(this.#offset + 128, true)
  }

  get rttUs(): number {
    return this.#view.getUint32(this.#offset + 132, true)
  }

  get minRttUs(): number {
    return this.#view.getUint32(this.#offset + 136, true)
  }

  get error(): number {
    return this.#view.getUint32(this.#offset + 140, true)
  }
}

export interface CommPattern {
  text: number[]
  mask: number[]
}

export const commPatternBytes = 32

export function encodeCommPattern(view: DataView, offset: number, value: CommPattern): void {
  writeEach(value.text, 4, (item, i) => view.setUint32(offset + 4 * i, item, true))
  writeEach(value.mask, 4, (item, i) => view.setUint32(offset + 16 + 4 * i, item, true))
}

export interface CommSet {
  included: number
  excluded: number
  patterns: CommPattern[]
}

export const commSetBytes = 520

export function encodeCommSet(view: DataView, offset: number, value: CommSet): void {
  view.setUint32(offset, value.included, true)
  view.setUint32(offset + 4, value.excluded, true)
  writeEach(value.patterns, 16, (item, i) => encodeCommPattern(view, offset + 8 + 32 * i, item))
}

export interface Config {
  epochNs: number
  slowNs: number
  pickupOverNs: number
  ipVersion: number
  selectedOnly: number
  pickupRows: number
  pickupHistogram: number
  hasRdonlyCast: number
  hasCookie: number
  unreadInHash: number
  pids: NumberSet
  tids: NumberSet
  uids: NumberSet
  netns: NumberSet
  ports: NumberSet
  localPorts: NumberSet
  peerPorts: NumberSet
  hosts: NetworkSet
  peers: NetworkSet
  comms: CommSet
}

export const configBytes = 3464

export function encodeConfig(view: DataView, offset: number, value: Config): void {
  writeU64(view, offset, value.epochNs)
  writeU64(view, offset + 8, value.slowNs)
  writeU64(view, offset + 16, value.pickupOverNs)
  view.setUint32(offset + 24, value.ipVersion, true)
  view.setUint32(offset + 28, value.selectedOnly, true)
  view.setUint32(offset + 32, value.pickupRows, true)
  view.setUint32(offset + 36, value.pickupHistogram, true)
  view.setUint32(offset + 40, value.hasRdonlyCast, true)
  view.setUint32(offset + 44, value.hasCookie, true)
  view.setUint32(offset + 48, value.unreadInHash, true)
  encodeNumberSet(view, offset + 56, value.pids)
  encodeNumberSet(view, offset + 320, value.tids)
  encodeNumberSet(view, offset + 584, value.uids)
  encodeNumberSet(view, offset + 848, value.netns)
  encodeNumberSet(view, offset + 1112, value.ports)
  encodeNumberSet(view, offset + 1376, value.localPorts)
  encodeNumberSet(view, offset + 1640, value.peerPorts)
  encodeNetworkSet(view, offset + 1904, value.hosts)
  encodeNetworkSet(view, offset + 2424, value.peers)
  encodeCommSet(view, offset + 2944, value.comms)
}

export interface Histogram {
  sumNs: number
  comm: string
  maxNs: number[]
  counts: number[]
}

export const histogramBytes = 1896

export function decodeHistogram(view: DataView, offset: number): Histogram {
  return {
    sumNs: readU64(view, offset),
    comm: readText(view, offset + 8),
    maxNs: Array.from({ length: 16 }, (_, i) => readU64(view, offset + 24 + 8 * i)),
    counts: Array.from({ length: 218 }, (_, i) => readU64(view, offset + 152 + 8 * i)),
  }
}

export interface Network {
  address: string
  mask: string
}

export const networkBytes = 32

export function encodeNetwork(view: DataView, offset: number, value: Network): void {
  writeAddress(view, offset, value.address)
  writeAddress(view, offset + 16, value.mask)
}

export interface NetworkSet {
  included: number
  excluded: number
  networks: Network[]
}

export const networkSetBytes = 520

export function encodeNetworkSet(view: DataView, offset: number, value: NetworkSet): void {
  view.setUint32(offset, value.included, true)
  view.setUint32(offset + 4, value.excluded, true)
  writeEach(value.networks, 16, (item, i) => encodeNetwork(view, offset + 8 + 32 * i, item))
}

export interface NumberSet {
  included: number
  excluded: number
  ranges: Range[]
}

export const numberSetBytes = 264

export function encodeNumberSet(view: DataView, offset: number, value: NumberSet): void {
  view.setUint32(offset, value.included, true)
  view.setUint32(offset + 4, value.excluded, true)
  writeEach(value.ranges, 32, (item, i) => encodeRange(view, offset + 8 + 8 * i, item))
}

export const openEventBytes = 120

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class OpenEvent {
  readonly #view: DataView
  #offset = 0
  readonly tuple: Tuple
  readonly owner: Task

  constructor(view: DataView) {
    this.#view = view
    this.tuple = new Tuple(view)
    this.owner = new Task(view)
  }

  /** Moves to the record that begins there. */
  at(offset: number): this {
    this.#offset = offset
    this.tuple.at(offset + 24)
    this.owner.at(offset + 64)
    return this
  }

  get kind(): number {
    return this.#view.getUint32(this.#offset, true)
  }

  get error(): number {
    return this.#view.getUint32(this.#offset + 4, true)
  }

  get timeNs(): number {
    return readU64(this.#view, this.#offset + 8)
  }

  get connectionId(): number {
    return readU64(this.#view, this.#offset + 16)
  }

  get handshakeNs(): number {
    return readU64(this.#view, this.#offset + 104)
  }

  get acceptQueueNs(): number {
    return readU64(this.#view, this.#offset + 112)
  }
}

export const pickupEventBytes = 112

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class PickupEvent {
  readonly #view: DataView
  #offset = 0
  readonly tuple: Tuple
  readonly reader: Task

  constructor(view: DataView) {
    this.#view = view
    this.tuple = new Tuple(view)
    this.reader = new Task(view)
  }

  /** Moves to the record that begins there. */
  at(offset: number): this {
    this.#offset = offset
    this.tuple.at(offset + 24)
    this.reader.at(offset + 64)
    return this
  }

  get kind(): number {
    return this.#view.getUint32(this.#offset, true)
  }

  get flags(): number {
    return this.#view.getUint32(this.#offset + 4, true)
  }

  get timeNs(): number {
    return readU64(this.#view, this.#offset + 8)
  }

  get connectionId(): number {
    return readU64(this.#view, this.#offset + 16)
  }

  get latencyNs(): number {
    return readU64(this.#view, this.#offset + 104)
  }
}

export interface ProcessKey {
  processStartNs: number
  pid: number
}

export const processKeyBytes = 16

export function decodeProcessKey(view: DataView, offset: number): ProcessKey {
  return {
    processStartNs: readU64(view, offset),
    pid: view.getUint32(offset + 8, true),
  }
}

export interface Range {
  low: number
  high: number
}

export const rangeBytes = 8

export function encodeRange(view: DataView, offset: number, value: Range): void {
  view.setUint32(offset, value.low, true)
  view.setUint32(offset + 4, value.high, true)
}

export const taskBytes = 40

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class Task {
  readonly #view: DataView
  #offset = 0

  constructor(view: DataView) {
    this.#view = view
  }

  /** Moves to the record that begins there. */
  at(offset: number): this {
    this.#offset = offset
    return this
  }

  get pid(): number {
    return this.#view.getUint32(this.#offset, true)
  }

  get tid(): number {
    return this.#view.getUint32(this.#offset + 4, true)
  }

  get processStartNs(): number {
    return readU64(this.#view, this.#offset + 8)
  }

  get uid(): number {
    return this.#view.getUint32(this.#offset + 16, true)
  }

  get source(): number {
    return this.#view.getUint32(this.#offset + 20, true)
  }

  get comm(): string {
    return readText(this.#view, this.#offset + 24)
  }
}

export const tupleBytes = 40

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class Tuple {
  readonly #view: DataView
  #offset = 0

  constructor(view: DataView) {
    this.#view = view
  }

  /** Moves to the record that begins there. */
  at(offset: number): this {
    this.#offset = offset
    return this
  }

  get localAddress(): string {
    return readAddress(this.#view, this.#offset)
  }

  get peerAddress(): string {
    return readAddress(this.#view, this.#offset + 16)
  }

  get netns(): number {
    return this.#view.getUint32(this.#offset + 32, true)
  }

  get localPort(): number {
    return this.#view.getUint16(this.#offset + 36, true)
  }

  get peerPort(): number {
    return this.#view.getUint16(this.#offset + 38, true)
  }
}

/** What this file was generated for: bytes, from the start of each struct. */
export const wireLayout = {
  wl_book: {
    size: 32,
    members: [
      { name: 'submitted', offset: 0, size: 8 },
      { name: 'lost', offset: 8, size: 8 },
      { name: 'filtered', offset: 16, size: 8 },
      { name: 'invalid', offset: 24, size: 8 },
    ],
  },
  wl_close_event: {
    size: 144,
    members: [
      { name: 'kind', offset: 0, size: 4 },
      { name: 'flags', offset: 4, size: 4 },
      { name: 'time_ns', offset: 8, size: 8 },
      { name: 'connection_id', offset: 16, size: 8 },
      { name: 'tuple', offset: 24, size: 40 },
      { name: 'owner', offset: 64, size: 40 },
      { name: 'duration_ns', offset: 104, size: 8 },
      { name: 'sent_bytes', offset: 112, size: 8 },
      { name: 'received_bytes', offset: 120, size: 8 },
      { name: 'retransmits', offset: 128, size: 4 },
      { name: 'rtt_us', offset: 132, size: 4 },
      { name: 'min_rtt_us', offset: 136, size: 4 },
      { name: 'error', offset: 140, size: 4 },
    ],
  },
  wl_comm_pattern: {
    size: 32,
    members: [
      { name: 'text', offset: 0, size: 16 },
      { name: 'mask', offset: 16, size: 16 },
    ],
  },
  wl_comm_set: {
    size: 520,
    members: [
      { name: 'included', offset: 0, size: 4 },
      { name: 'excluded', offset: 4, size: 4 },
      { name: 'patterns', offset: 8, size: 512 },
    ],
  },
  wl_config: {
    size: 3464,
    members: [
      { name: 'epoch_ns', offset: 0, size: 8 },
      { name: 'slow_ns', offset: 8, size: 8 },
      { name: 'pickup_over_ns', offset: 16, size: 8 },
      { name: 'ip_version', offset: 24, size: 4 },
      { name: 'selected_only', offset: 28, size: 4 },
      { name: 'pickup_rows', offset: 32, size: 4 },
      { name: 'pickup_histogram', offset: 36, size: 4 },
      { name: 'has_rdonly_cast', offset: 40, size: 4 },
      { name: 'has_cookie', offset: 44, size: 4 },
      { name: 'unread_in_hash', offset: 48, size: 4 },
      { name: '_pad', offset: 52, size: 4 },
      { name: 'pids', offset: 56, size: 264 },
      { name: 'tids', offset: 320, size: 264 },
      { name: 'uids', offset: 584, size: 264 },
      { name: 'netns', offset: 848, size: 264 },
      { name: 'ports', offset: 1112, size: 264 },
      { name: 'local_ports', offset: 1376, size: 264 },
      { name: 'peer_ports', offset: 1640, size: 264 },
      { name: 'hosts', offset: 1904, size: 520 },
      { name: 'peers', offset: 2424, size: 520 },
      { name: 'comms', offset: 2944, size: 520 },
    ],
  },
  wl_histogram: {
    size: 1896,
    members: [
      { name: 'sum_ns', offset: 0, size: 8 },
      { name: 'comm', offset: 8, size: 16 },
      { name: 'max_ns', offset: 24, size: 128 },
      { name: 'counts', offset: 152, size: 1744 },
    ],
  },
  wl_network: {
    size: 32,
    members: [
      { name: 'address', offset: 0, size: 16 },
      { name: 'mask', offset: 16, size: 16 },
    ],
  },
  wl_network_set: {
    size: 520,
    members: [
      { name: 'included', offset: 0, size: 4 },
      { name: 'excluded', offset: 4, size: 4 },
      { name: 'networks', offset: 8, size: 512 },
    ],
  },
  wl_number_set: {
    size: 264,
    members: [
      { name: 'included', offset: 0, size: 4 },
      { name: 'excluded', offset: 4, size: 4 },
      { name: 'ranges', offset: 8, size: 256 },
    ],
  },
  wl_open_event: {
    size: 120,
    members: [
      { name: 'kind', offset: 0, size: 4 },
      { name: 'error', offset: 4, size: 4 },
      { name: 'time_ns', offset: 8, size: 8 },
      { name: 'connection_id', offset: 16, size: 8 },
      { name: 'tuple', offset: 24, size: 40 },
      { name: 'owner', offset: 64, size: 40 },
      { name: 'handshake_ns', offset: 104, size: 8 },
      { name: 'accept_queue_ns', offset: 112, size: 8 },
    ],
  },
  wl_pickup_event: {
    size: 112,
    members: [
      { name: 'kind', offset: 0, size: 4 },
      { name: 'flags', offset: 4, size: 4 },
      { name: 'time_ns', offset: 8, size: 8 },
      { name: 'connection_id', offset: 16, size: 8 },
      { name: 'tuple', offset: 24, size: 40 },
      { name: 'reader', offset: 64, size: 40 },
      { name: 'latency_ns', offset: 104, size: 8 },
    ],
  },
  wl_process_key: {
    size: 16,
    members: [
      { name: 'process_start_ns', offset: 0, size: 8 },
      { name: 'pid', offset: 8, size: 4 },
      { name: '_pad', offset: 12, size: 4 },
    ],
  },
  wl_range: {
    size: 8,
    members: [
      { name: 'low', offset: 0, size: 4 },
      { name: 'high', offset: 4, size: 4 },
    ],
  },
  wl_task: {
    size: 40,
    members: [
      { name: 'pid', offset: 0, size: 4 },
      { name: 'tid', offset: 4, size: 4 },
      { name: 'process_start_ns', offset: 8, size: 8 },
      { name: 'uid', offset: 16, size: 4 },
      { name: 'source', offset: 20, size: 4 },
      { name: 'comm', offset: 24, size: 16 },
    ],
  },
  wl_tuple: {
    size: 40,
    members: [
      { name: 'local_address', offset: 0, size: 16 },
      { name: 'peer_address', offset: 16, size: 16 },
      { name: 'netns', offset: 32, size: 4 },
      { name: 'local_port', offset: 36, size: 2 },
      { name: 'peer_port', offset: 38, size: 2 },
    ],
  },
} as const
