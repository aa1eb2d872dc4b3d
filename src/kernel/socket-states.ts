import { configBytes, encodeConfig } from '../wire/wire.gen.ts'
import { loadIterators } from './load-programs.ts'
import { readInNamespaces } from './namespace-iterator.ts'
import type { NativeBpfObject } from './native.ts'
import type { WatchConfig } from './probe-session.ts'

const programs = ['socket_records', 'socket_holders', 'namespace_processes']

/** The kernel's own list of TCP sockets, and of who holds them. Nothing is attached: it costs only what is read. */
export class SocketStates {
  readonly #object: NativeBpfObject

  /**
   * @param config whose filters of addresses, ports and namespaces mark the sockets that are not wanted
   * @throws OperatorError where the kernel does not let it
   */
  constructor(config: WatchConfig) {
    this.#object = loadIterators(programs, (object, { hasCookie }) => {
      const bytes = new Uint8Array(configBytes)
      encodeConfig(new DataView(bytes.buffer), 0, {
        ...config,
        epochNs: Number(process.hrtime.bigint()),
        hasRdonlyCast: 0,
        hasCookie: Number(hasCookie),
        stateInHash: 0,
        firstUseAtRead: 0,
        datagramsAtQueued: 0,
      })
      object.setVariable('.rodata', 'cfg', bytes)
    })
  }

  /**
   * The sockets of the namespaces at these paths, as SocketRecords: a buffer for each namespace, listeners first. One that
   * is gone by now has none.
   *
   * @throws OperatorError without the right to enter them
   */
  sockets(netnsPaths: readonly string[]): Promise<Buffer[]> {
    return readInNamespaces(this.#object, 'socket_records', netnsPaths)
  }

  /** Every descriptor of a TCP socket that a process of this host has, as HolderRecords. */
  holders(): Promise<Buffer> {
    return this.#object.readIterator('socket_holders')
  }

  /** Every process of this host with its network namespace, as HolderRecords. */
  processes(): Promise<Buffer> {
    return this.#object.readIterator('namespace_processes')
  }

  close(): void {
    this.#object.close()
  }
}
