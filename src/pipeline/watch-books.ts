import type { ProbeSignal } from '../kernel/probe-signals.ts'
import type { KernelBook } from '../kernel/probe-session.ts'
import { signalNames, type Book, type SignalName } from '../model/book.ts'
import type { EdgeActivity } from '../model/edge.ts'
import type { WatchOptions } from './watch.ts'

/** Signals whose samples are counted in the kernel where they are not wanted one by one. */
const countedSignals: Partial<
  Record<SignalName, { protocol: 'tcp' | 'udp'; stage: 'pickup' | 'send'; rows: 'pickupRows' | 'sendRows' }>
> = {
  pickup: { protocol: 'tcp', stage: 'pickup', rows: 'pickupRows' },
  send: { protocol: 'tcp', stage: 'send', rows: 'sendRows' },
  udpPickup: { protocol: 'udp', stage: 'pickup', rows: 'pickupRows' },
  udpSend: { protocol: 'udp', stage: 'send', rows: 'sendRows' },
}

function zeroCounts(): Record<SignalName, number> {
  return Object.fromEntries(signalNames.map((name) => [name, 0])) as Record<SignalName, number>
}

/** Keeps the books of a watch: attempted = delivered + lost + filtered + invalid, exactly, for each signal. */
export class WatchBooks {
  readonly #options: WatchOptions
  readonly delivered = zeroCounts()
  /** Events left out on this side: after `maxEvents`, of connects that were quick, of whom nobody looks for. */
  readonly leftOut = zeroCounts()

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /**
   * What became of every event so far.
   *
   * @param readings the kernel's own books
   * @param all what its histograms hold; `wanted`: of that, what passes the filters that it does not know
   */
  balance(readings: readonly KernelBook[], all: readonly EdgeActivity[], wanted: readonly EdgeActivity[]): Book[] {
    const watched = new Set<SignalName>(this.#options.signals.filter((signal) => this.#isTold(signal)))
    if (this.#options.slowNs !== undefined) watched.add('pending')
    if (this.#options.ledger) watched.add('ledger')
    if (this.#options.history) watched.add('history')
    return readings
      .flatMap(({ signal, ...book }) =>
        signal === 'cgroup' || signal === 'existing' || !watched.has(signal) ? [] : { signal, ...book },
      )
      .map(({ signal, lost, missed, submitted, filtered, invalid }) => {
        const counted = this.#counted(signal, all)
        const unwanted = (counted ?? 0) - (this.#counted(signal, wanted) ?? 0)
        const areCountsDelivered = counted !== undefined && (!this.#hasRows(signal) || this.#options.deliversCounts)
        // The kernel counts what has no row only once, in its histogram.
        const rowless = counted === undefined || areCountsDelivered ? 0 : counted - submitted - lost
        const parts = {
          delivered: areCountsDelivered ? counted - unwanted - lost : this.delivered[signal],
          lost: lost + missed,
          filtered: filtered + rowless + (areCountsDelivered ? unwanted : this.leftOut[signal]),
          invalid,
        }
        return { signal, attempted: parts.delivered + parts.lost + parts.filtered + parts.invalid, ...parts }
      })
  }

  /** Whether anything comes of a signal, but for other signals. */
  #isTold(signal: ProbeSignal): signal is Exclude<ProbeSignal, 'command' | 'cgroup'> {
    if (signal === 'command' || signal === 'cgroup') return false
    const { aggregate, packetRows } = this.#options
    const counted = countedSignals[signal]
    if (counted) return aggregate !== undefined || this.#options[counted.rows] !== undefined
    const isPacket = signal === 'retransmit' || signal === 'reset' || signal === 'drop'
    return !isPacket || packetRows === true
  }

  #hasRows(signal: SignalName): boolean {
    const counted = countedSignals[signal]
    return counted !== undefined && this.#options[counted.rows] !== undefined
  }

  /** How many samples of a signal the kernel's histograms hold; undefined where it is none of theirs. */
  #counted(signal: SignalName, activities: readonly EdgeActivity[]): number | undefined {
    const counted = countedSignals[signal]
    if (!counted || this.#options.aggregate === undefined) return undefined
    const ofProtocol = activities.filter(({ edge }) => edge.protocol === counted.protocol)
    return ofProtocol.reduce((sum, { stages }) => sum + stages[counted.stage].count, 0)
  }
}
