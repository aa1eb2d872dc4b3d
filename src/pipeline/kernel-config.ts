import type { WatchConfig } from '../kernel/probe-session.ts'
import { formatAddress, prefixMask, type Network } from '../lib/ip-address.ts'
import type { CgroupHierarchy } from './cgroup-hierarchy.ts'
import type { Choice, Filter, NetworkChoice, NumberChoice, TextChoice } from '../model/filter.ts'
import type { CommPattern, CommSet, NetworkSet, NumberSet } from '../wire/wire.gen.ts'

/** What the programs in the kernel are to look for and to send. */
export interface KernelWishes {
  filter: Filter
  /** Connections: only those whose handshake or accept wait is over it; undefined: all. */
  slowNs: number | undefined
  /** Pickup samples one by one, those strictly over `overNs`; undefined: none. */
  pickupRows?: { overNs: number } | undefined
  /** Send samples likewise. */
  sendRows?: { overNs: number } | undefined
  /** Retransmits, resets and drops one by one. */
  packetRows?: boolean | undefined
  /** Connections that were there before, one by one. */
  existingRows?: boolean | undefined
  /** Changes of state one by one, and no connections. */
  stateRows?: boolean | undefined
  /** Durations are counted in the kernel: for each process, or for each process and peer. */
  aggregate?: 'process' | 'edge' | undefined
  /** The hierarchy that tells whose a task is. */
  cgroupHierarchy?: CgroupHierarchy | undefined
  /** Ledgers of connections, but for `exchangesOnly`, and of requests and replies that took longer than this; undefined: none. */
  ledger?: { exchangesOverNs: number | undefined; exchangesOnly?: true } | undefined
  /**
   * The last events of each TCP socket are kept, of those signals that are watched, and told when a connect fails, when a
   * retransmission timer runs out, and when a handshake, a wait for accept(), a send or a pickup takes longer than
   * `overNs`; undefined: not for that.
   */
  history?: { overNs: number | undefined } | undefined
}

/**
 * The load-time configuration of the programs.
 *
 * @throws RangeError for a filter with more values than the kernel side holds
 */
export function kernelConfig(wishes: KernelWishes): WatchConfig {
  const { filter } = wishes
  return {
    slowNs: wishes.slowNs ?? 0,
    pickupOverNs: wishes.pickupRows?.overNs ?? 0,
    ipVersion: filter.ipVersion ?? 0,
    selectedOnly: Number(filter.selectedOnly ?? false),
    sendOverNs: wishes.sendRows?.overNs ?? 0,
    exchangeOverNs: wishes.ledger?.exchangesOverNs ?? 0,
    historyOverNs: wishes.history?.overNs ?? 0,
    pickupRows: Number(wishes.pickupRows !== undefined),
    sendRows: Number(wishes.sendRows !== undefined),
    packetRows: Number(wishes.packetRows ?? false),
    aggregate: Number(wishes.aggregate !== undefined),
    byEdge: Number(wishes.aggregate === 'edge'),
    ledger: Number(wishes.ledger !== undefined),
    connectionLedgers: Number(wishes.ledger !== undefined && !wishes.ledger.exchangesOnly),
    history: Number(wishes.history !== undefined),
    existingRows: Number(wishes.existingRows ?? false),
    stateRows: Number(wishes.stateRows ?? false),
    cgroupV1: wishes.cgroupHierarchy?.controller === undefined ? 0 : wishes.cgroupHierarchy.controller + 1,
    cgroupV1Hierarchy: wishes.cgroupHierarchy?.number ?? 0,
    byCgroup: Number(isByIdentity(filter)),
    pids: numberSet(filter.pid),
    tids: numberSet(filter.tid),
    uids: numberSet(filter.uid),
    netns: numberSet(filter.netns),
    ports: numberSet(filter.port),
    localPorts: numberSet(filter.localPort),
    peerPorts: numberSet(filter.peerPort),
    hosts: networkSet(filter.host),
    peers: networkSet(filter.peer),
    comms: commSet(filter.comm),
  }
}

/** Whether it matters whose a socket is. */
export function isByIdentity({ container, service, pod, namespace }: Filter): boolean {
  return [container, service, pod, namespace].some((choice) => choice !== undefined)
}

function flatten<T, U>(
  choice: Choice<T> | undefined,
  convert: (value: T) => U,
): { included: number; excluded: number; values: U[] } {
  const { include = [], exclude = [] } = choice ?? {}
  return { included: include.length, excluded: exclude.length, values: [...include, ...exclude].map(convert) }
}

function numberSet(choice: NumberChoice | undefined): NumberSet {
  const { included, excluded, values } = flatten(choice, (range) => range)
  return { included, excluded, ranges: values }
}

function networkSet(choice: NetworkChoice | undefined): NetworkSet {
  const { included, excluded, values } = flatten(choice, (network: Network) => ({
    address: formatAddress(network.bytes),
    mask: formatAddress(prefixMask(network.prefixBits)),
  }))
  return { included, excluded, networks: values }
}

function commSet(choice: TextChoice | undefined): CommSet {
  const { included, excluded, values } = flatten(choice, commPattern)
  return { included, excluded, patterns: values }
}

const commBytes = 16

/** A whole comm is compared with its ending zeros, one that ends in `*` only up to there. */
function commPattern(pattern: string): CommPattern {
  const isPrefix = pattern.endsWith('*')
  const bytes = new TextEncoder().encode(isPrefix ? pattern.slice(0, -1) : pattern)
  const text = new Uint8Array(commBytes)
  const mask = new Uint8Array(commBytes).fill(0xff, 0, isPrefix ? bytes.length : commBytes)
  text.set(bytes)
  return { text: words(text), mask: words(mask) }
}

function words(bytes: Uint8Array<ArrayBuffer>): Uint32Array {
  return new Uint32Array(bytes.buffer)
}
