import { printable } from '../../lib/printable.ts'
import type { TraceEvent } from './connection-columns.ts'

export interface TcptracerOptions {
  timestamp: boolean
  /** Long type names, nanoseconds, and the network namespace. */
  verbose: boolean
  /** No namespace column, as one namespace is all that is shown. */
  oneNetns: boolean
  /** The libbpf variant's column. */
  uid: boolean
}

const types = {
  connect: { short: 'C', long: 'connect' },
  accept: { short: 'A', long: 'accept' },
  close: { short: 'X', long: 'close' },
}

/** The output of BCC's tcptracer, column for column: tools/tcptracer.py of iovisor/bcc. */
export class TcptracerRows {
  readonly #options: TcptracerOptions
  #firstNs: number | undefined

  constructor(options: TcptracerOptions) {
    this.#options = options
  }

  header(): string {
    const { timestamp, verbose, oneNetns, uid } = this.#options
    const time = timestamp ? (verbose ? 'TIME(ns)'.padEnd(14) : 'TIME(s)'.padEnd(9)) : ''
    const type = verbose ? 'TYPE'.padEnd(12) : 'T'.padEnd(2)
    const netns = verbose && !oneNetns ? 'NETNS'.padEnd(8) : ''
    return `${time}${uid ? 'UID'.padEnd(6) : ''}${type} ${columns('PID', 'COMM', 'IP', 'SADDR', 'DADDR', 'SPORT', 'DPORT')} ${netns}`.trimEnd()
  }

  /** Undefined for an event that tcptracer has no row for. */
  row(event: TraceEvent): string | undefined {
    if (event.kind !== 'connect' && event.kind !== 'accept' && event.kind !== 'close') return undefined
    const { verbose, oneNetns, uid } = this.#options
    const type = verbose ? types[event.kind].long.padEnd(12) : types[event.kind].short.padEnd(2)
    const netns = verbose && !oneNetns ? String(event.socket.netns).padEnd(8) : ''
    const { local, peer, ipVersion } = event.socket
    const text = (address: string): string => (ipVersion === 6 ? `[${address}]` : address)
    const values = columns(
      String(event.owner?.pid ?? 0),
      printable(event.owner?.comm ?? ''),
      String(ipVersion),
      text(local.address),
      text(peer.address),
      String(local.port),
      String(peer.port),
    )
    return `${this.#time(event.timeNs)}${uid ? String(event.owner?.uid ?? '-').padEnd(6) : ''}${type} ${values} ${netns}`.trimEnd()
  }

  /** Since the first row. */
  #time(timeNs: number): string {
    if (!this.#options.timestamp) return ''
    this.#firstNs ??= timeNs
    const ns = timeNs - this.#firstNs
    return this.#options.verbose ? String(ns).padEnd(14) : (ns / 1e9).toFixed(3).padEnd(9)
  }
}

function columns(...values: [string, string, string, string, string, string, string]): string {
  const widths = [6, 16, 2, 16, 16, 6, 6]
  return values.map((value, i) => value.padEnd(widths[i] ?? 0)).join(' ')
}
