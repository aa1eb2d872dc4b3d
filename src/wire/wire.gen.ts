// Generated from the BTF of bpf/wire/wire.h by `npm run generate`. Not to be edited.

import { readAddress, readLongText, readText, readU32s, readU64, writeAddress, writeEach, writeU32s, writeU64 } from './fields.ts'

export const CgroupChange = {
  created: 0,
  removed: 1,
} as const

export const ConnectionFlag = {
  active: 1,
  existing: 2,
  slow: 4,
  selected: 8,
  accepted: 16,
  passive: 32,
} as const

export const EdgeRole = {
  any: 0,
  client: 1,
  server: 2,
} as const

export const EventKind = {
  pending: 1,
  connect: 2,
  fail: 3,
  accept: 4,
  close: 5,
  pickup: 6,
  send: 7,
  retransmit: 8,
  reset: 9,
  drop: 10,
  ledger: 11,
  cgroup: 12,
  existing: 13,
  state: 14,
  history: 15,
} as const

export const HistoryTrigger = {
  slow: 0,
  failure: 1,
  rto: 2,
} as const

export const HistoryWhat = {
  state: 0,
  accept: 1,
  send: 2,
  receive: 3,
  read: 4,
  retransmit: 5,
  reset: 6,
} as const

export const LedgerSpan = {
  connection: 0,
  request: 1,
  reply: 2,
} as const

export const LedgerStage = {
  connect: 0,
  synRetry: 1,
  acceptQueue: 2,
  application: 3,
  send: 4,
  sendBlocked: 5,
  receiverLimited: 6,
  wire: 7,
  rto: 8,
  receiveQueue: 9,
  cpuWait: 10,
  closing: 11,
  unexplained: 12,
} as const

export const OwnerSource = {
  unknown: 0,
  syscall: 1,
  firstUse: 2,
  existing: 3,
} as const

export const ResetDirection = {
  sent: 0,
  received: 1,
} as const

export const RetransmitType = {
  syn: 0,
  synAck: 1,
  rto: 2,
  fast: 3,
  tlp: 4,
} as const

export const SampleFlag = {
  atLeast: 1,
  zeroWindow: 2,
  udp: 4,
} as const

export const Signal = {
  pending: 0,
  connect: 1,
  accept: 2,
  close: 3,
  pickup: 4,
  send: 5,
  udpPickup: 6,
  udpSend: 7,
  retransmit: 8,
  reset: 9,
  drop: 10,
  ledger: 11,
  cgroup: 12,
  existing: 13,
  state: 14,
  history: 15,
} as const

export const SocketFlag = {
  unwanted: 1,
  ageAtLeast: 2,
} as const

export const Stage = {
  handshake: 0,
  acceptQueue: 1,
  send: 2,
  pickup: 3,
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

export const cgroupEventBytes = 536

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class CgroupEvent {
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

  get kind(): number {
    return this.#view.getUint32(this.#offset, true)
  }

  get change(): number {
    return this.#view.getUint32(this.#offset + 4, true)
  }

  get timeNs(): number {
    return readU64(this.#view, this.#offset + 8)
  }

  get cgroupId(): number {
    return readU64(this.#view, this.#offset + 16)
  }

  get path(): string {
    return readLongText(this.#view, this.#offset + 24, 512)
  }
}

export const closeEventBytes = 168

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
    return readU64(this.#view, this.#offset + 112)
  }

  get sentBytes(): number {
    return readU64(this.#view, this.#offset + 120)
  }

  get receivedBytes(): number {
    return readU64(this.#view, this.#offset + 128)
  }

  get retransmits(): number {
    return this.#view.getUint32(this.#offset + 136, true)
  }

  get rttUs(): number {
    return this.#view.getUint32(this.#offset + 140, true)
  }

  get minRttUs(): number {
    return this.#view.getUint32(this.#offset + 144, true)
  }

  get error(): number {
    return this.#view.getUint32(this.#offset + 148, true)
  }

  get busyMs(): number {
    return this.#view.getUint32(this.#offset + 152, true)
  }

  get receiverLimitedMs(): number {
    return this.#view.getUint32(this.#offset + 156, true)
  }

  get sendLimitedMs(): number {
    return this.#view.getUint32(this.#offset + 160, true)
  }
}

export interface CommPattern {
  text: Uint32Array
  mask: Uint32Array
}

export const commPatternBytes = 32

export function encodeCommPattern(view: DataView, offset: number, value: CommPattern): void {
  writeU32s(view, offset, value.text, 4)
  writeU32s(view, offset + 16, value.mask, 4)
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
  sendOverNs: number
  exchangeOverNs: number
  historyOverNs: number
  ipVersion: number
  selectedOnly: number
  pickupRows: number
  sendRows: number
  aggregate: number
  byEdge: number
  packetRows: number
  ledger: number
  existingRows: number
  stateRows: number
  hasRdonlyCast: number
  hasCookie: number
  stateInHash: number
  firstUseAtRead: number
  datagramsAtQueued: number
  cgroupV1: number
  cgroupV1Hierarchy: number
  byCgroup: number
  history: number
  connectionLedgers: number
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

export const configBytes = 3536

export function encodeConfig(view: DataView, offset: number, value: Config): void {
  writeU64(view, offset, value.epochNs)
  writeU64(view, offset + 8, value.slowNs)
  writeU64(view, offset + 16, value.pickupOverNs)
  writeU64(view, offset + 24, value.sendOverNs)
  writeU64(view, offset + 32, value.exchangeOverNs)
  writeU64(view, offset + 40, value.historyOverNs)
  view.setUint32(offset + 48, value.ipVersion, true)
  view.setUint32(offset + 52, value.selectedOnly, true)
  view.setUint32(offset + 56, value.pickupRows, true)
  view.setUint32(offset + 60, value.sendRows, true)
  view.setUint32(offset + 64, value.aggregate, true)
  view.setUint32(offset + 68, value.byEdge, true)
  view.setUint32(offset + 72, value.packetRows, true)
  view.setUint32(offset + 76, value.ledger, true)
  view.setUint32(offset + 80, value.existingRows, true)
  view.setUint32(offset + 84, value.stateRows, true)
  view.setUint32(offset + 88, value.hasRdonlyCast, true)
  view.setUint32(offset + 92, value.hasCookie, true)
  view.setUint32(offset + 96, value.stateInHash, true)
  view.setUint32(offset + 100, value.firstUseAtRead, true)
  view.setUint32(offset + 104, value.datagramsAtQueued, true)
  view.setUint32(offset + 108, value.cgroupV1, true)
  view.setUint32(offset + 112, value.cgroupV1Hierarchy, true)
  view.setUint32(offset + 116, value.byCgroup, true)
  view.setUint32(offset + 120, value.history, true)
  view.setUint32(offset + 124, value.connectionLedgers, true)
  encodeNumberSet(view, offset + 128, value.pids)
  encodeNumberSet(view, offset + 392, value.tids)
  encodeNumberSet(view, offset + 656, value.uids)
  encodeNumberSet(view, offset + 920, value.netns)
  encodeNumberSet(view, offset + 1184, value.ports)
  encodeNumberSet(view, offset + 1448, value.localPorts)
  encodeNumberSet(view, offset + 1712, value.peerPorts)
  encodeNetworkSet(view, offset + 1976, value.hosts)
  encodeNetworkSet(view, offset + 2496, value.peers)
  encodeCommSet(view, offset + 3016, value.comms)
}

export interface EdgeKey {
  processStartNs: number
  peerAddress: string
  pid: number
  netns: number
  port: number
  role: number
  protocol: number
}

export const edgeKeyBytes = 40

export function decodeEdgeKey(view: DataView, offset: number): EdgeKey {
  return {
    processStartNs: readU64(view, offset),
    peerAddress: readAddress(view, offset + 8),
    pid: view.getUint32(offset + 24, true),
    netns: view.getUint32(offset + 28, true),
    port: view.getUint16(offset + 32, true),
    role: view.getUint8(offset + 34),
    protocol: view.getUint8(offset + 35),
  }
}

export interface EdgeStats {
  comm: string
  cgroupId: number
  sentBytes: number
  sendBlockedNs: number
  stallNs: number
  wouldBlocks: number
  zeroWindows: number
  retransmits: Uint32Array
  resetsSent: number
  resetsReceived: number
  failures: number
  drops: number
  srttUs: number
  minRttUs: number
  stages: Histogram[]
}

export const edgeStatsBytes = 3880

export function decodeEdgeStats(view: DataView, offset: number): EdgeStats {
  return {
    comm: readText(view, offset),
    cgroupId: readU64(view, offset + 16),
    sentBytes: readU64(view, offset + 24),
    sendBlockedNs: readU64(view, offset + 32),
    stallNs: readU64(view, offset + 40),
    wouldBlocks: view.getUint32(offset + 48, true),
    zeroWindows: view.getUint32(offset + 52, true),
    retransmits: readU32s(view, offset + 56, 5),
    resetsSent: view.getUint32(offset + 76, true),
    resetsReceived: view.getUint32(offset + 80, true),
    failures: view.getUint32(offset + 84, true),
    drops: view.getUint32(offset + 88, true),
    srttUs: view.getUint32(offset + 92, true),
    minRttUs: view.getUint32(offset + 96, true),
    stages: Array.from({ length: 4 }, (_, i) => decodeHistogram(view, offset + 104 + 944 * i)),
  }
}

export interface Histogram {
  sumNs: number
  maxNs: number[]
  counts: Uint32Array
}

export const histogramBytes = 944

export function decodeHistogram(view: DataView, offset: number): Histogram {
  return {
    sumNs: readU64(view, offset),
    maxNs: Array.from({ length: 8 }, (_, i) => readU64(view, offset + 8 + 8 * i)),
    counts: readU32s(view, offset + 72, 218),
  }
}

export const historyEventBytes = 920

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class HistoryEvent {
  readonly #view: DataView
  #offset = 0
  readonly tuple: Tuple
  readonly owner: Task
  readonly cause: HistoryItem

  constructor(view: DataView) {
    this.#view = view
    this.tuple = new Tuple(view)
    this.owner = new Task(view)
    this.cause = new HistoryItem(view)
  }

  /** Moves to the record that begins there. */
  at(offset: number): this {
    this.#offset = offset
    this.tuple.at(offset + 24)
    this.owner.at(offset + 64)
    this.cause.at(offset + 112)
    return this
  }

  get kind(): number {
    return this.#view.getUint32(this.#offset, true)
  }

  get trigger(): number {
    return this.#view.getUint32(this.#offset + 4, true)
  }

  get timeNs(): number {
    return readU64(this.#view, this.#offset + 8)
  }

  get connectionId(): number {
    return readU64(this.#view, this.#offset + 16)
  }

  get told(): number {
    return this.#view.getUint32(this.#offset + 136, true)
  }

  get first(): number {
    return this.#view.getUint32(this.#offset + 140, true)
  }

  get end(): number {
    return this.#view.getUint32(this.#offset + 144, true)
  }

  get items(): HistoryItem[] {
    return Array.from({ length: 32 }, (_, i) => new HistoryItem(this.#view).at(this.#offset + 152 + 24 * i))
  }
}

export const historyItemBytes = 24

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class HistoryItem {
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

  get timeNs(): number {
    return readU64(this.#view, this.#offset)
  }

  get durationNs(): number {
    return readU64(this.#view, this.#offset + 8)
  }

  get bytes(): number {
    return this.#view.getUint32(this.#offset + 16, true)
  }

  get extra(): number {
    return this.#view.getUint16(this.#offset + 20, true)
  }

  get what(): number {
    return this.#view.getUint8(this.#offset + 22)
  }

  get type(): number {
    return this.#view.getUint8(this.#offset + 23)
  }
}

export const holderRecordBytes = 64

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class HolderRecord {
  readonly #view: DataView
  #offset = 0
  readonly task: Task

  constructor(view: DataView) {
    this.#view = view
    this.task = new Task(view)
  }

  /** Moves to the record that begins there. */
  at(offset: number): this {
    this.#offset = offset
    this.task.at(offset)
    return this
  }

  get inode(): number {
    return readU64(this.#view, this.#offset + 48)
  }

  get fd(): number {
    return this.#view.getUint32(this.#offset + 56, true)
  }

  get netns(): number {
    return this.#view.getUint32(this.#offset + 60, true)
  }
}

export const ledgerBytes = 112

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class Ledger {
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

  get stages(): number[] {
    return Array.from({ length: 13 }, (_, i) => readU64(this.#view, this.#offset + 8 * i))
  }

  get synRetries(): number {
    return this.#view.getUint32(this.#offset + 104, true)
  }

  get timeouts(): number {
    return this.#view.getUint32(this.#offset + 108, true)
  }
}

export const ledgerEventBytes = 232

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class LedgerEvent {
  readonly #view: DataView
  #offset = 0
  readonly tuple: Tuple
  readonly owner: Task
  readonly ledger: Ledger

  constructor(view: DataView) {
    this.#view = view
    this.tuple = new Tuple(view)
    this.owner = new Task(view)
    this.ledger = new Ledger(view)
  }

  /** Moves to the record that begins there. */
  at(offset: number): this {
    this.#offset = offset
    this.tuple.at(offset + 24)
    this.owner.at(offset + 64)
    this.ledger.at(offset + 120)
    return this
  }

  get kind(): number {
    return this.#view.getUint32(this.#offset, true)
  }

  get span(): number {
    return this.#view.getUint32(this.#offset + 4, true)
  }

  get timeNs(): number {
    return readU64(this.#view, this.#offset + 8)
  }

  get connectionId(): number {
    return readU64(this.#view, this.#offset + 16)
  }

  get wallNs(): number {
    return readU64(this.#view, this.#offset + 112)
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

export const openEventBytes = 136

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
    return readU64(this.#view, this.#offset + 112)
  }

  get acceptQueueNs(): number {
    return readU64(this.#view, this.#offset + 120)
  }

  get flags(): number {
    return this.#view.getUint32(this.#offset + 128, true)
  }
}

export const packetEventBytes = 128

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class PacketEvent {
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

  get type(): number {
    return this.#view.getUint32(this.#offset + 4, true)
  }

  get timeNs(): number {
    return readU64(this.#view, this.#offset + 8)
  }

  get connectionId(): number {
    return readU64(this.#view, this.#offset + 16)
  }

  get stallNs(): number {
    return readU64(this.#view, this.#offset + 112)
  }

  get flags(): number {
    return this.#view.getUint32(this.#offset + 120, true)
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

export const sampleEventBytes = 136

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class SampleEvent {
  readonly #view: DataView
  #offset = 0
  readonly tuple: Tuple
  readonly task: Task

  constructor(view: DataView) {
    this.#view = view
    this.tuple = new Tuple(view)
    this.task = new Task(view)
  }

  /** Moves to the record that begins there. */
  at(offset: number): this {
    this.#offset = offset
    this.tuple.at(offset + 24)
    this.task.at(offset + 64)
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
    return readU64(this.#view, this.#offset + 112)
  }

  get blockedNs(): number {
    return readU64(this.#view, this.#offset + 120)
  }

  get bytes(): number {
    return this.#view.getUint32(this.#offset + 128, true)
  }

  get error(): number {
    return this.#view.getUint32(this.#offset + 132, true)
  }
}

export const socketRecordBytes = 80

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class SocketRecord {
  readonly #view: DataView
  #offset = 0
  readonly tuple: Tuple

  constructor(view: DataView) {
    this.#view = view
    this.tuple = new Tuple(view)
  }

  /** Moves to the record that begins there. */
  at(offset: number): this {
    this.#offset = offset
    this.tuple.at(offset)
    return this
  }

  get connectionId(): number {
    return readU64(this.#view, this.#offset + 40)
  }

  get inode(): number {
    return readU64(this.#view, this.#offset + 48)
  }

  get ageMs(): number {
    return this.#view.getUint32(this.#offset + 56, true)
  }

  get uid(): number {
    return this.#view.getUint32(this.#offset + 60, true)
  }

  get receiveQueue(): number {
    return this.#view.getUint32(this.#offset + 64, true)
  }

  get sendQueue(): number {
    return this.#view.getUint32(this.#offset + 68, true)
  }

  get state(): number {
    return this.#view.getUint8(this.#offset + 72)
  }

  get flags(): number {
    return this.#view.getUint8(this.#offset + 73)
  }
}

export const stateEventBytes = 120

/** Reads in place: what it says changes with the bytes below it and with at(). */
export class StateEvent {
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

  get oldState(): number {
    return this.#view.getUint32(this.#offset + 4, true)
  }

  get timeNs(): number {
    return readU64(this.#view, this.#offset + 8)
  }

  get connectionId(): number {
    return readU64(this.#view, this.#offset + 16)
  }

  get newState(): number {
    return this.#view.getUint32(this.#offset + 112, true)
  }
}

export const taskBytes = 48

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

  get cgroupId(): number {
    return readU64(this.#view, this.#offset + 16)
  }

  get uid(): number {
    return this.#view.getUint32(this.#offset + 24, true)
  }

  get source(): number {
    return this.#view.getUint32(this.#offset + 28, true)
  }

  get comm(): string {
    return readText(this.#view, this.#offset + 32)
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
  wl_cgroup_event: {
    size: 536,
    members: [
      { name: 'kind', offset: 0, size: 4 },
      { name: 'change', offset: 4, size: 4 },
      { name: 'time_ns', offset: 8, size: 8 },
      { name: 'cgroup_id', offset: 16, size: 8 },
      { name: 'path', offset: 24, size: 512 },
    ],
  },
  wl_close_event: {
    size: 168,
    members: [
      { name: 'kind', offset: 0, size: 4 },
      { name: 'flags', offset: 4, size: 4 },
      { name: 'time_ns', offset: 8, size: 8 },
      { name: 'connection_id', offset: 16, size: 8 },
      { name: 'tuple', offset: 24, size: 40 },
      { name: 'owner', offset: 64, size: 48 },
      { name: 'duration_ns', offset: 112, size: 8 },
      { name: 'sent_bytes', offset: 120, size: 8 },
      { name: 'received_bytes', offset: 128, size: 8 },
      { name: 'retransmits', offset: 136, size: 4 },
      { name: 'rtt_us', offset: 140, size: 4 },
      { name: 'min_rtt_us', offset: 144, size: 4 },
      { name: 'error', offset: 148, size: 4 },
      { name: 'busy_ms', offset: 152, size: 4 },
      { name: 'receiver_limited_ms', offset: 156, size: 4 },
      { name: 'send_limited_ms', offset: 160, size: 4 },
      { name: '_pad', offset: 164, size: 4 },
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
    size: 3536,
    members: [
      { name: 'epoch_ns', offset: 0, size: 8 },
      { name: 'slow_ns', offset: 8, size: 8 },
      { name: 'pickup_over_ns', offset: 16, size: 8 },
      { name: 'send_over_ns', offset: 24, size: 8 },
      { name: 'exchange_over_ns', offset: 32, size: 8 },
      { name: 'history_over_ns', offset: 40, size: 8 },
      { name: 'ip_version', offset: 48, size: 4 },
      { name: 'selected_only', offset: 52, size: 4 },
      { name: 'pickup_rows', offset: 56, size: 4 },
      { name: 'send_rows', offset: 60, size: 4 },
      { name: 'aggregate', offset: 64, size: 4 },
      { name: 'by_edge', offset: 68, size: 4 },
      { name: 'packet_rows', offset: 72, size: 4 },
      { name: 'ledger', offset: 76, size: 4 },
      { name: 'existing_rows', offset: 80, size: 4 },
      { name: 'state_rows', offset: 84, size: 4 },
      { name: 'has_rdonly_cast', offset: 88, size: 4 },
      { name: 'has_cookie', offset: 92, size: 4 },
      { name: 'state_in_hash', offset: 96, size: 4 },
      { name: 'first_use_at_read', offset: 100, size: 4 },
      { name: 'datagrams_at_queued', offset: 104, size: 4 },
      { name: 'cgroup_v1', offset: 108, size: 4 },
      { name: 'cgroup_v1_hierarchy', offset: 112, size: 4 },
      { name: 'by_cgroup', offset: 116, size: 4 },
      { name: 'history', offset: 120, size: 4 },
      { name: 'connection_ledgers', offset: 124, size: 4 },
      { name: 'pids', offset: 128, size: 264 },
      { name: 'tids', offset: 392, size: 264 },
      { name: 'uids', offset: 656, size: 264 },
      { name: 'netns', offset: 920, size: 264 },
      { name: 'ports', offset: 1184, size: 264 },
      { name: 'local_ports', offset: 1448, size: 264 },
      { name: 'peer_ports', offset: 1712, size: 264 },
      { name: 'hosts', offset: 1976, size: 520 },
      { name: 'peers', offset: 2496, size: 520 },
      { name: 'comms', offset: 3016, size: 520 },
    ],
  },
  wl_edge_key: {
    size: 40,
    members: [
      { name: 'process_start_ns', offset: 0, size: 8 },
      { name: 'peer_address', offset: 8, size: 16 },
      { name: 'pid', offset: 24, size: 4 },
      { name: 'netns', offset: 28, size: 4 },
      { name: 'port', offset: 32, size: 2 },
      { name: 'role', offset: 34, size: 1 },
      { name: 'protocol', offset: 35, size: 1 },
      { name: '_pad', offset: 36, size: 4 },
    ],
  },
  wl_edge_stats: {
    size: 3880,
    members: [
      { name: 'comm', offset: 0, size: 16 },
      { name: 'cgroup_id', offset: 16, size: 8 },
      { name: 'sent_bytes', offset: 24, size: 8 },
      { name: 'send_blocked_ns', offset: 32, size: 8 },
      { name: 'stall_ns', offset: 40, size: 8 },
      { name: 'would_blocks', offset: 48, size: 4 },
      { name: 'zero_windows', offset: 52, size: 4 },
      { name: 'retransmits', offset: 56, size: 20 },
      { name: 'resets_sent', offset: 76, size: 4 },
      { name: 'resets_received', offset: 80, size: 4 },
      { name: 'failures', offset: 84, size: 4 },
      { name: 'drops', offset: 88, size: 4 },
      { name: 'srtt_us', offset: 92, size: 4 },
      { name: 'min_rtt_us', offset: 96, size: 4 },
      { name: '_pad', offset: 100, size: 4 },
      { name: 'stages', offset: 104, size: 3776 },
    ],
  },
  wl_histogram: {
    size: 944,
    members: [
      { name: 'sum_ns', offset: 0, size: 8 },
      { name: 'max_ns', offset: 8, size: 64 },
      { name: 'counts', offset: 72, size: 872 },
    ],
  },
  wl_history_event: {
    size: 920,
    members: [
      { name: 'kind', offset: 0, size: 4 },
      { name: 'trigger', offset: 4, size: 4 },
      { name: 'time_ns', offset: 8, size: 8 },
      { name: 'connection_id', offset: 16, size: 8 },
      { name: 'tuple', offset: 24, size: 40 },
      { name: 'owner', offset: 64, size: 48 },
      { name: 'cause', offset: 112, size: 24 },
      { name: 'told', offset: 136, size: 4 },
      { name: 'first', offset: 140, size: 4 },
      { name: 'end', offset: 144, size: 4 },
      { name: '_pad', offset: 148, size: 4 },
      { name: 'items', offset: 152, size: 768 },
    ],
  },
  wl_history_item: {
    size: 24,
    members: [
      { name: 'time_ns', offset: 0, size: 8 },
      { name: 'duration_ns', offset: 8, size: 8 },
      { name: 'bytes', offset: 16, size: 4 },
      { name: 'extra', offset: 20, size: 2 },
      { name: 'what', offset: 22, size: 1 },
      { name: 'type', offset: 23, size: 1 },
    ],
  },
  wl_holder_record: {
    size: 64,
    members: [
      { name: 'task', offset: 0, size: 48 },
      { name: 'inode', offset: 48, size: 8 },
      { name: 'fd', offset: 56, size: 4 },
      { name: 'netns', offset: 60, size: 4 },
    ],
  },
  wl_ledger: {
    size: 112,
    members: [
      { name: 'stages', offset: 0, size: 104 },
      { name: 'syn_retries', offset: 104, size: 4 },
      { name: 'timeouts', offset: 108, size: 4 },
    ],
  },
  wl_ledger_event: {
    size: 232,
    members: [
      { name: 'kind', offset: 0, size: 4 },
      { name: 'span', offset: 4, size: 4 },
      { name: 'time_ns', offset: 8, size: 8 },
      { name: 'connection_id', offset: 16, size: 8 },
      { name: 'tuple', offset: 24, size: 40 },
      { name: 'owner', offset: 64, size: 48 },
      { name: 'wall_ns', offset: 112, size: 8 },
      { name: 'ledger', offset: 120, size: 112 },
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
    size: 136,
    members: [
      { name: 'kind', offset: 0, size: 4 },
      { name: 'error', offset: 4, size: 4 },
      { name: 'time_ns', offset: 8, size: 8 },
      { name: 'connection_id', offset: 16, size: 8 },
      { name: 'tuple', offset: 24, size: 40 },
      { name: 'owner', offset: 64, size: 48 },
      { name: 'handshake_ns', offset: 112, size: 8 },
      { name: 'accept_queue_ns', offset: 120, size: 8 },
      { name: 'flags', offset: 128, size: 4 },
      { name: '_pad', offset: 132, size: 4 },
    ],
  },
  wl_packet_event: {
    size: 128,
    members: [
      { name: 'kind', offset: 0, size: 4 },
      { name: 'type', offset: 4, size: 4 },
      { name: 'time_ns', offset: 8, size: 8 },
      { name: 'connection_id', offset: 16, size: 8 },
      { name: 'tuple', offset: 24, size: 40 },
      { name: 'owner', offset: 64, size: 48 },
      { name: 'stall_ns', offset: 112, size: 8 },
      { name: 'flags', offset: 120, size: 4 },
      { name: '_pad', offset: 124, size: 4 },
    ],
  },
  wl_range: {
    size: 8,
    members: [
      { name: 'low', offset: 0, size: 4 },
      { name: 'high', offset: 4, size: 4 },
    ],
  },
  wl_sample_event: {
    size: 136,
    members: [
      { name: 'kind', offset: 0, size: 4 },
      { name: 'flags', offset: 4, size: 4 },
      { name: 'time_ns', offset: 8, size: 8 },
      { name: 'connection_id', offset: 16, size: 8 },
      { name: 'tuple', offset: 24, size: 40 },
      { name: 'task', offset: 64, size: 48 },
      { name: 'latency_ns', offset: 112, size: 8 },
      { name: 'blocked_ns', offset: 120, size: 8 },
      { name: 'bytes', offset: 128, size: 4 },
      { name: 'error', offset: 132, size: 4 },
    ],
  },
  wl_socket_record: {
    size: 80,
    members: [
      { name: 'tuple', offset: 0, size: 40 },
      { name: 'connection_id', offset: 40, size: 8 },
      { name: 'inode', offset: 48, size: 8 },
      { name: 'age_ms', offset: 56, size: 4 },
      { name: 'uid', offset: 60, size: 4 },
      { name: 'receive_queue', offset: 64, size: 4 },
      { name: 'send_queue', offset: 68, size: 4 },
      { name: 'state', offset: 72, size: 1 },
      { name: 'flags', offset: 73, size: 1 },
      { name: '_pad', offset: 74, size: 2 },
      { name: '_pad2', offset: 76, size: 4 },
    ],
  },
  wl_state_event: {
    size: 120,
    members: [
      { name: 'kind', offset: 0, size: 4 },
      { name: 'old_state', offset: 4, size: 4 },
      { name: 'time_ns', offset: 8, size: 8 },
      { name: 'connection_id', offset: 16, size: 8 },
      { name: 'tuple', offset: 24, size: 40 },
      { name: 'owner', offset: 64, size: 48 },
      { name: 'new_state', offset: 112, size: 4 },
      { name: '_pad', offset: 116, size: 4 },
    ],
  },
  wl_task: {
    size: 48,
    members: [
      { name: 'pid', offset: 0, size: 4 },
      { name: 'tid', offset: 4, size: 4 },
      { name: 'process_start_ns', offset: 8, size: 8 },
      { name: 'cgroup_id', offset: 16, size: 8 },
      { name: 'uid', offset: 24, size: 4 },
      { name: 'source', offset: 28, size: 4 },
      { name: 'comm', offset: 32, size: 16 },
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
