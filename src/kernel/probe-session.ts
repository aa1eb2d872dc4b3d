import { release } from 'node:os'
import {
  bookBytes,
  cgroupEventBytes,
  closeEventBytes,
  configBytes,
  decodeBook,
  encodeConfig,
  historyEventBytes,
  ledgerEventBytes,
  openEventBytes,
  packetEventBytes,
  sampleEventBytes,
  stateEventBytes,
  Signal,
  type Book,
  type Config,
} from '../wire/wire.gen.ts'
import { EdgeTable } from './edge-table.ts'
import { neededPrograms, withoutSignal, type SignalStatus } from './hook-choice.ts'
import { loadPrograms, type Circumstances, type LoadedPrograms } from './load-programs.ts'
import { readInNamespaces } from './namespace-iterator.ts'
import { native, type NativeBpfObject } from './native.ts'
import { PacketClock } from './packet-clock.ts'
import type { PointName } from './probe-points.ts'
import type { ProbeSignal } from './probe-signals.ts'
import { RingReader, type BatchHandler } from './ring-reader.ts'

const maxRecordBytes = Math.max(
  openEventBytes,
  closeEventBytes,
  sampleEventBytes,
  packetEventBytes,
  ledgerEventBytes,
  cgroupEventBytes,
  stateEventBytes,
  historyEventBytes,
)

/** Cgroups that the kernel side can be told to leave out. */
const maxUnwantedCgroups = 65_536

/** BPF_F_NO_PREALLOC of linux/bpf.h. */
const noPreallocation = 1

/** What the programs are to look for; the rest of their configuration is the session's own. */
export type WatchConfig = Omit<
  Config,
  'epochNs' | 'hasRdonlyCast' | 'hasCookie' | 'stateInHash' | 'firstUseAtRead' | 'datagramsAtQueued'
>

export interface SessionOptions {
  signals: readonly ProbeSignal[]
  /** Do without what would burden those who have no part in a signal. */
  isSparing?: boolean
  config: WatchConfig
  /** A power of two, one page at least. */
  ringBytes: number
  onEvents: BatchHandler
}

/** The kernel's own count of one signal, and of runs that it skipped. */
export interface KernelBook extends Book {
  signal: keyof typeof Signal
  /** Runs of the signal's program that were skipped as it was already running on that CPU. */
  missed: number
}

/** What a program has cost. */
export interface ProgramRuns {
  program: string
  runs: number
  runNs: number
}

/** Whose book the skipped runs of a program go to. */
const missedBy: Partial<Record<PointName, keyof typeof Signal>> = {
  connectionState: 'close',
  connectCall: 'connect',
  acceptCall: 'accept',
  receiveRead: 'pickup',
  sendCall: 'send',
  sendPage: 'send',
  datagramRead: 'udpPickup',
  datagramSent: 'udpSend',
  retransmit: 'retransmit',
  resetReceived: 'reset',
  packetDropped: 'drop',
}

/**
 * wirelag's programs in the kernel, attached, with the ring read. `close()` takes everything back; so does the end of
 * the process.
 */
export class ProbeSession {
  /** CLOCK_MONOTONIC that event times count from. */
  readonly epochNs: bigint
  #signals: readonly SignalStatus[]
  #unwantedCount = 0
  readonly #programs: LoadedPrograms
  readonly #reader: RingReader
  readonly #packetClock: PacketClock | undefined
  readonly #hasStateRows: boolean
  /** Maps that hold the state of sockets by their address, where that is done. */
  #hashes: string[] = []
  readonly edges: EdgeTable | undefined

  /** @throws OperatorError where nothing can be loaded; a signal that is off is no error here */
  constructor(options: SessionOptions) {
    this.epochNs = process.hrtime.bigint()
    const { signals, isSparing = false, config } = options
    let edges: EdgeTable | undefined
    this.#programs = loadPrograms(signals, isSparing, keepsRecord(config), {
      configure: (object, circumstances) => this.#configure(object, circumstances, options),
      fill: (object) => (edges = config.aggregate ? new EdgeTable(object) : undefined),
    })
    this.edges = edges
    this.#signals = this.#programs.signals
    this.#hasStateRows = options.config.stateRows !== 0
    this.#packetClock =
      this.#uses('receiveQueued') || this.#uses('datagramQueued') ? new PacketClock(this.#object) : undefined
    const ring = this.#object.openRing('events')
    this.#reader = new RingReader(ring, options.ringBytes, maxRecordBytes, options.onEvents)
  }

  get signals(): readonly SignalStatus[] {
    return this.#signals
  }

  /**
   * Gives a signal up: the programs that only it needs are detached, and cost nothing from then on.
   *
   * @param reason why, for whoever looks at the signals
   */
  shed(signal: ProbeSignal, reason: string): void {
    this.#signals = withoutSignal(this.#signals, signal, reason, this.#programs.choices)
    const needed = neededPrograms(this.#programs.choices, this.#signals)
    for (const choice of this.#programs.choices) {
      if (choice.hook === 'off') continue
      for (const program of choice.programs) if (!needed.has(program)) this.#object.detach(program)
    }
  }

  get #object(): NativeBpfObject {
    return this.#programs.object
  }

  #configure(object: NativeBpfObject, circumstances: Circumstances, options: SessionOptions): void {
    const { hasRdonlyCast, hasCookie, isStateInHash, isFirstUseSeenAtRead, areDatagramsSeenAtQueued } = circumstances
    const config = new Uint8Array(configBytes)
    encodeConfig(new DataView(config.buffer), 0, {
      ...options.config,
      epochNs: Number(this.epochNs),
      hasRdonlyCast: Number(hasRdonlyCast),
      hasCookie: Number(hasCookie),
      stateInHash: Number(isStateInHash),
      firstUseAtRead: Number(isFirstUseSeenAtRead),
      datagramsAtQueued: Number(areDatagramsSeenAtQueued),
    })
    this.#hashes = isStateInHash ? ['socket_states_hash', 'unread_marks_hash'] : []
    if (isStateInHash && options.config.ledger) this.#hashes.push('ledgers_hash')
    if (isStateInHash && options.config.history) this.#hashes.push('histories_hash')
    object.setMapAutocreate('socket_states', !isStateInHash && !keepsRecord(options.config))
    object.setMapAutocreate('recorded_states', !isStateInHash && keepsRecord(options.config))
    object.setMapAutocreate('unread_marks', !isStateInHash)
    for (const map of ['socket_states_hash', 'unread_marks_hash', 'ledgers_hash', 'histories_hash'])
      object.setMapAutocreate(map, this.#hashes.includes(map))
    object.setVariable('.rodata', 'cfg', config)
    object.setMapEntries('events', options.ringBytes)
    if (options.config.byCgroup) object.setMapEntries('unwanted_cgroups', maxUnwantedCgroups)
    if (options.config.aggregate) EdgeTable.size(object, options.config.byEdge !== 0)
    if (!allocatesOnDemand()) return
    object.setMapFlags('connections', noPreallocation)
    object.setMapEntries('connections', 1 << 18)
    object.setMapFlags('ledgers_hash', noPreallocation)
    object.setMapEntries('ledgers_hash', 1 << 16)
  }

  /** How much the kernel side keeps apart. */
  get limits(): { connections: number; edges: number } {
    const entries = new Map(this.#object.maps().map(({ name, maxEntries }) => [name, maxEntries]))
    return { connections: entries.get('connections') ?? 0, edges: entries.get('edges') ?? 0 }
  }

  /** Nanoseconds since 1970 of an event's time, by the clock as it is set now. */
  unixNs(timeNs: number): bigint {
    return this.epochNs + BigInt(Math.round(timeNs)) + native().realtimeOffsetNs()
  }

  /** Nanoseconds after the epoch. */
  now(): number {
    return Number(process.hrtime.bigint() - this.epochNs)
  }

  /**
   * Makes the sockets known that are open already: those of the namespaces at these paths, then who holds them.
   * A namespace that is gone by now is no error.
   */
  async learnExisting(netnsPaths: readonly string[]): Promise<void> {
    if (this.#uses('existingSockets')) await readInNamespaces(this.#object, 'existing_sockets', netnsPaths)
    if (this.#uses('existingOwners')) await this.#object.readIterator('existing_owners')
  }

  #uses(point: PointName): boolean {
    return this.#programs.choices.some((choice) => choice.point === point && choice.hook !== 'off')
  }

  /** Adds a process to those of the traced command. */
  select(pid: number): void {
    this.#object.update('selected_processes', u32Bytes(pid), new Uint8Array(8))
  }

  /** Has the kernel leave out the tasks of a cgroup, or no longer; beyond 65,536 they are not left out there. */
  setUnwanted(cgroupId: number, isUnwanted: boolean): void {
    const key = new Uint8Array(BigUint64Array.of(BigInt(cgroupId)).buffer)
    if (!isUnwanted) this.#object.remove('unwanted_cgroups', key)
    else if (this.#unwantedCount < maxUnwantedCgroups) this.#object.update('unwanted_cgroups', key, Uint8Array.of(1))
    this.#unwantedCount += isUnwanted ? 1 : -1
  }

  /** Delivers what is in the ring now. */
  drain(): void {
    this.#reader.drain()
  }

  /** Detaches the programs and delivers what they left in the ring; books and histograms stand still from then on. */
  stop(): void {
    this.#packetClock?.stop()
    this.#object.detachAll()
    this.#reader.stop()
    this.#reader.drain()
  }

  books(): KernelBook[] {
    const missed = this.#missedRuns()
    return Object.entries(Signal).map(([name, index]) => {
      const signal = name as keyof typeof Signal
      const parts = this.#object.lookup('books', u32Bytes(index)) ?? Buffer.alloc(0)
      return { signal, ...sumBooks(parts), missed: missed.get(signal) ?? 0 }
    })
  }

  #missedRuns(): Map<keyof typeof Signal, number> {
    const result = new Map<keyof typeof Signal, number>()
    for (const choice of this.#programs.choices) {
      const isState = this.#hasStateRows && choice.point === 'connectionState'
      const signal = isState ? 'state' : missedBy[choice.point]
      if (signal === undefined || choice.hook === 'off') continue
      const runs = choice.programs.reduce((sum, program) => sum + this.#object.programInfo(program).missedRuns, 0)
      result.set(signal, (result.get(signal) ?? 0) + runs)
    }
    return result
  }

  /** Entries in use of each map that grows with what the host does. */
  mapEntries(): Record<string, number> {
    const names = ['connections', 'connect_calls', 'selected_processes', 'send_calls', 'edges', ...this.#hashes]
    return Object.fromEntries(names.map((name) => [name, this.#object.entries(name).count]))
  }

  /** Run time and count of every attached program, while `enableRunStats()` is on. */
  programRuns(): ProgramRuns[] {
    return this.#programs.choices.flatMap((choice) =>
      choice.hook === 'off'
        ? []
        : choice.programs.map((program) => {
            const { runs, runNs } = this.#object.programInfo(program)
            return { program, runs, runNs }
          }),
    )
  }

  close(): void {
    this.#packetClock?.stop()
    this.#reader.stop()
    this.#object.close()
  }
}

/** From 6.1 on a hash may take memory as it needs it, from any context (7c8199e24fa0). */
function allocatesOnDemand(): boolean {
  const [major = 0, minor = 0] = release()
    .split('.')
    .map((part) => Number.parseInt(part, 10))
  return major > 6 || (major === 6 && minor >= 1)
}

/** A 32-bit number as the kernel's maps hold it. */
/** Whether ledgers or the last events of each socket are kept, together with its state. */
function keepsRecord({ ledger, history }: WatchConfig): boolean {
  return ledger !== 0 || history !== 0
}

function u32Bytes(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer)
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Sum over the CPUs' parts. */
function sumBooks(parts: Buffer): Book {
  const sum: Book = { submitted: 0, lost: 0, filtered: 0, invalid: 0 }
  for (let offset = 0; offset < parts.byteLength; offset += bookBytes) {
    const part = decodeBook(viewOf(parts), offset)
    for (const line of Object.keys(sum) as (keyof Book)[]) sum[line] += part[line]
  }
  return sum
}
