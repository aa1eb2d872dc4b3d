import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { OperatorError } from '../lib/operator-error.ts'

/** What libbpf and the kernel report: an Error with these. */
export interface NativeError extends Error {
  errno?: number
  /** Name of the errno. */
  code?: string
  /** What libbpf printed, the verifier's log included. */
  log?: string
}

/** The consumer's end of a ring buffer. */
export interface NativeRing {
  /** Calls back once, when the ring has data; keeps the process alive until then. */
  arm(callback: () => void): void
  disarm(): void
  /** Copies whole records until the ring is empty or the next might not fit; returns the bytes written. */
  drain(target: Uint8Array, maxRecordBytes: number): number
  close(): void
}

/** One BPF object. Every method throws a NativeError; after close() every other method does. */
export interface NativeBpfObject {
  programs(): { name: string; section: string }[]
  maps(): { name: string; type: number; keyBytes: number; valueBytes: number; maxEntries: number }[]
  setAutoload(program: string, load: boolean): void
  /** Makes it a program that no verifier takes, before load. */
  spoil(program: string): void
  setMapEntries(map: string, entries: number): void
  setMapFlags(map: string, flags: number): void
  setMapAutocreate(map: string, create: boolean): void
  /** Initial value of a global variable, before load. */
  setVariable(section: string, name: string, bytes: Uint8Array): void
  load(): void
  attach(program: string): void
  /** Of a program that is not attached: nothing. */
  detach(program: string): void
  detachAll(): void
  /** `runs` and `runNs` only count while enableRunStats() is on. */
  programInfo(program: string): { id: number; runs: number; runNs: number; missedRuns: number }
  /** Of a per-CPU map: a value for each possible CPU, each padded to 8 bytes. */
  lookup(map: string, key: Uint8Array): Buffer | undefined
  /** The same, into bytes of the value's size. @returns false: there is no such key */
  lookupInto(map: string, key: Uint8Array, value: Uint8Array): boolean
  update(map: string, key: Uint8Array, value: Uint8Array): void
  /** Of a key that is not there: nothing. */
  remove(map: string, key: Uint8Array): void
  entries(map: string): { count: number; keys: Buffer; values: Buffer }
  openRing(map: string): NativeRing
  /** Runs an iterator program to its end, in the network namespace at the path if one is given. */
  readIterator(program: string, netnsPath?: string): Promise<Buffer>
  /** Detaches and frees everything; may be called twice. */
  close(): void
}

export interface StructLayout {
  size: number
  members: readonly { name: string; offset: number; size: number }[]
}

interface NativeAddon {
  BpfObject: new (path: string) => NativeBpfObject
  kernelHas(kind: 'function' | 'typedef' | 'struct' | 'enum', name: string): boolean
  /** The errno with which the kernel refuses any program at the entry of that function; 0: it takes it. */
  fentryError(functionName: string): number
  /** Names of an enum of the running kernel, by value; empty where it has none of that name. */
  kernelEnum(name: string): Record<number, string>
  structLayout(objectPath: string, name: string): StructLayout
  /** Text of a file of tracefs or securityfs, mounted or not; undefined where it cannot be read. */
  readKernelFile(filesystem: 'tracefs' | 'securityfs', path: string): string | undefined
  /** Path of a cgroup's folder by its id; undefined: there is none, or no right to ask (CAP_DAC_READ_SEARCH). */
  cgroupPath(mountPoint: string, id: bigint): string | undefined
  /**
   * What connection tracking in the network namespace at the path knows of each query; the records' layout stands in
   * native/src/conntrack.h. Rejects with a NativeError.
   */
  conntrackLookup(netnsPath: string, queries: Buffer): Promise<Buffer>
  /**
   * Counters of connection tracking in the network namespace at the path, by attribute type; inode 0: whichever is there.
   * Undefined where the kernel has none or does not tell. Rejects with a NativeError.
   */
  conntrackStats(netnsPath: string, inode: number): Promise<number[] | undefined>
  /**
   * Texts of files as the network namespace at the path sees them, undefined where one cannot be read; inode 0: whichever
   * is there. Rejects with a NativeError.
   */
  readInNamespace(netnsPath: string, inode: number, files: readonly string[]): Promise<(string | undefined)[]>
  /** Has the kernel measure every BPF program, until the returned function is called. */
  enableRunStats(): () => void
  /** Has the kernel note on every packet when it came in, until the returned function is called. */
  requestPacketTimestamps(): () => void
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC. */
  realtimeOffsetNs(): bigint
  /** One datagram to a Unix socket; `@` begins an abstract name. Throws a NativeError. */
  sendUnixDatagram(path: string, text: string): void
  libbpfVersion: string
  possibleCpus: number
}

const addonFile = fileURLToPath(new URL('../../native/build/Release/wirelag.node', import.meta.url))

/** The built BPF programs. */
export const bpfObjectFile = fileURLToPath(new URL('../../build/wirelag.bpf.o', import.meta.url))

function loadAddon(): NativeAddon {
  try {
    return createRequire(import.meta.url)(addonFile) as NativeAddon
  } catch (cause) {
    throw new OperatorError('WIRELAG_NOT_BUILT', 'the native part of wirelag is not built for this Node.js', {
      advice: 'In the checkout: sudo npm run setup',
      cause,
    })
  }
}

let addon: NativeAddon | undefined

/** The addon, loaded at first use so that `--help` does without it. @throws OperatorError where it is not built */
export function native(): NativeAddon {
  addon ??= loadAddon()
  return addon
}
