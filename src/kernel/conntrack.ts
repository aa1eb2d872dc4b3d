import { readAddress, writeAddress } from '../wire/fields.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { native, type NativeError } from './native.ts'

/** One direction of a flow. */
export interface FlowTuple {
  protocol: 'tcp' | 'udp'
  /** Addresses are text; IPv4-mapped IPv6 stands here as IPv4. */
  source: { address: string; port: number }
  destination: { address: string; port: number }
}

/** A flow that connection tracking knows, translated or not. */
export interface Translation {
  /** As the flow comes in: the tuple of the socket that began it, if that is on this side of the translation. */
  original: FlowTuple
  /** As its replies come in: the tuple of the socket that answers, its own address the source. */
  reply: FlowTuple
}

// struct ConntrackTuple and struct ConntrackAnswer of native/src/conntrack.h
const tupleBytes = 40
const answerBytes = 2 * tupleBytes
const offsets = { source: 0, destination: 16, sourcePort: 32, destinationPort: 34, protocol: 36 }
const protocolNumbers = { tcp: 6, udp: 17 }

/** A namespace that ended, or a path that is none any more. */
const goneCodes = new Set(['ENOENT', 'ESRCH', 'ENOTDIR', 'EINVAL'])
const noRightsCodes = new Set(['EPERM', 'EACCES'])

/**
 * Asks the kernel's connection tracking in a network namespace about single flows: each tuple may be the original direction
 * of a flow or that of its replies, so that of a socket at either end, its own address the source.
 *
 * @param netnsPath by which the namespace can be entered; '' for the current one
 * @returns for each tuple, in their order; undefined where no flow has it, the namespace is gone, or this kernel has no
 *   connection tracking
 * @throws OperatorError where the rights to ask are missing; NativeError where the kernel does not answer (ETIMEDOUT);
 *   SyntaxError for a text that is no address
 */
export async function lookupTranslations(
  netnsPath: string,
  tuples: readonly FlowTuple[],
): Promise<(Translation | undefined)[]> {
  if (tuples.length === 0) return []
  const answers = await answersTo(netnsPath, encoded(tuples))
  return tuples.map((_, i) => answers && translationAt(answers, i * answerBytes))
}

async function answersTo(netnsPath: string, queries: Buffer): Promise<DataView | undefined> {
  try {
    const { buffer, byteOffset, byteLength } = await native().conntrackLookup(netnsPath, queries)
    return new DataView(buffer, byteOffset, byteLength)
  } catch (error) {
    const { code = '' } = error as NativeError
    if (goneCodes.has(code)) return undefined
    throw noRightsCodes.has(code) ? noRights(netnsPath, error) : error
  }
}

function noRights(netnsPath: string, cause: unknown): OperatorError {
  const where = netnsPath === '' ? 'this network namespace' : `the network namespace ${netnsPath}`
  return new OperatorError('WIRELAG_NO_RIGHTS', `the kernel does not let this user ask for translations in ${where}`, {
    advice:
      'Run it as root (sudo wirelag …), or with the capabilities CAP_NET_ADMIN, CAP_SYS_ADMIN and CAP_SYS_PTRACE.',
    cause,
  })
}

function encoded(tuples: readonly FlowTuple[]): Buffer {
  const bytes = Buffer.alloc(tuples.length * tupleBytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  tuples.forEach((tuple, i) => writeTuple(view, i * tupleBytes, tuple))
  return bytes
}

function writeTuple(view: DataView, at: number, { protocol, source, destination }: FlowTuple): void {
  writeAddress(view, at + offsets.source, source.address)
  writeAddress(view, at + offsets.destination, destination.address)
  view.setUint16(at + offsets.sourcePort, source.port, true)
  view.setUint16(at + offsets.destinationPort, destination.port, true)
  view.setUint8(at + offsets.protocol, protocolNumbers[protocol])
}

function translationAt(view: DataView, at: number): Translation | undefined {
  if (view.getUint8(at + offsets.protocol) === 0) return undefined
  return { original: readTuple(view, at), reply: readTuple(view, at + tupleBytes) }
}

function readTuple(view: DataView, at: number): FlowTuple {
  return {
    protocol: view.getUint8(at + offsets.protocol) === protocolNumbers.tcp ? 'tcp' : 'udp',
    source: {
      address: readAddress(view, at + offsets.source),
      port: view.getUint16(at + offsets.sourcePort, true),
    },
    destination: {
      address: readAddress(view, at + offsets.destination),
      port: view.getUint16(at + offsets.destinationPort, true),
    },
  }
}
