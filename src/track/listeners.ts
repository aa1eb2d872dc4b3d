import type { Tuple } from '../wire/wire.gen.ts'
import type { SocketTable } from './state-counts.ts'

/** A listening socket, or several that share address and port. */
export interface Listener {
  netns: number
  address: string
  port: number
  /** Of their files. */
  inodes: number[]
}

/** The listening sockets of one moment, by what they accept. */
export class Listeners {
  /** Namespace → port. */
  readonly #byNetns = new Map<number, Map<number, Listener[]>>()
  /** By port, whether any namespace has one: most sockets have a port that none listens at. */
  readonly #hasAny = new Uint8Array(65_536)

  constructor(sockets: SocketTable) {
    sockets.eachListening((record) => {
      const { netns, localAddress, localPort } = record.tuple
      const ports = this.#byNetns.get(netns) ?? new Map<number, Listener[]>()
      this.#byNetns.set(netns, ports)
      this.#hasAny[localPort] = 1
      const ofPort = ports.get(localPort) ?? []
      ports.set(localPort, ofPort)
      const same = ofPort.find(({ address }) => address === localAddress)
      if (same) same.inodes.push(record.inode)
      else ofPort.push({ netns, address: localAddress, port: localPort, inodes: [record.inode] })
    })
  }

  /** The one that accepts what comes for this end; for a listening socket itself. */
  of(tuple: Tuple): Listener | undefined {
    const { localPort } = tuple
    if (this.#hasAny[localPort] === 0) return undefined
    const { netns, localAddress } = tuple
    const ofPort = this.#byNetns.get(netns)?.get(localPort)
    if (!ofPort) return undefined
    const at = (address: string): Listener | undefined => ofPort.find((listener) => listener.address === address)
    return at(localAddress) ?? (localAddress.includes(':') ? undefined : at('0.0.0.0')) ?? at('::')
  }
}
