import { errnoName } from '../lib/errno.ts'
import type { CloseEvent, ConnectionEvent, ExistingConnection } from '../model/connection-event.ts'
import { retransmitTypes } from '../model/edge.ts'
import { ledgerStages, type Ledger } from '../model/ledger.ts'
import type { PacketEvent } from '../model/packet-event.ts'
import type { PickupSample } from '../model/pickup-sample.ts'
import type { Owner, OwnerSource, Task } from '../model/process.ts'
import type { SendSample } from '../model/send-sample.ts'
import type { SocketPair } from '../model/socket.ts'
import { stateName, type StateChange } from '../model/socket-state.ts'
import { unknownNs } from '../wire/fields.ts'
import * as wire from '../wire/wire.gen.ts'

/** PENDING, CONNECT, FAIL or ACCEPT as wirelag speaks of it. */
export function connectionEventOf(event: wire.OpenEvent): Exclude<ConnectionEvent, CloseEvent> {
  const facts = {
    timeNs: event.timeNs,
    connectionId: event.connectionId,
    socket: socketPairOf(event.tuple),
    owner: ownerOf(event.owner),
  }
  const handshakeNs = known(event.handshakeNs)
  switch (event.kind) {
    case wire.EventKind.pending:
      return { kind: 'pending', ...facts, waitedNs: 0 }
    case wire.EventKind.fail:
      return { kind: 'fail', ...facts, error: errnoName(event.error), handshakeNs }
    case wire.EventKind.accept:
      return { kind: 'accept', ...facts, handshakeNs, acceptQueueNs: known(event.acceptQueueNs) }
    default:
      return { kind: 'connect', ...facts, handshakeNs }
  }
}

/** EXISTING likewise; its owner is known. */
export function existingConnectionOf(event: wire.OpenEvent): ExistingConnection {
  const isActive = (event.flags & wire.ConnectionFlag.active) !== 0
  const isPassive = (event.flags & wire.ConnectionFlag.passive) !== 0
  return {
    kind: 'existing',
    timeNs: event.timeNs,
    connectionId: event.connectionId,
    socket: socketPairOf(event.tuple),
    owner: { ...taskOf(event.owner), source: 'existing' },
    role: isActive ? 'client' : isPassive ? 'server' : undefined,
  }
}

export function closeEventOf(event: wire.CloseEvent): CloseEvent {
  return {
    kind: 'close',
    timeNs: event.timeNs,
    connectionId: event.connectionId,
    socket: socketPairOf(event.tuple),
    owner: ownerOf(event.owner),
    durationNs: event.durationNs,
    existedBefore: (event.flags & wire.ConnectionFlag.existing) !== 0,
    bytesSent: event.sentBytes,
    bytesReceived: event.receivedBytes,
    retransmits: event.retransmits,
    rttUs: event.rttUs === 0 ? undefined : event.rttUs,
    minRttUs: event.minRttUs === 0xffff_ffff ? undefined : event.minRttUs,
    busyMs: event.busyMs,
    receiverLimitedMs: event.receiverLimitedMs,
    sendLimitedMs: event.sendLimitedMs,
    error: event.error === 0 ? undefined : errnoName(event.error),
  }
}

export function pickupSampleOf(event: wire.SampleEvent): PickupSample {
  return {
    kind: 'pickup',
    timeNs: event.timeNs,
    connectionId: event.connectionId,
    protocol: protocolOf(event.flags),
    socket: socketPairOf(event.tuple),
    reader: taskOf(event.task),
    latencyNs: event.latencyNs,
    isLowerBound: (event.flags & wire.SampleFlag.atLeast) !== 0,
  }
}

export function sendSampleOf(event: wire.SampleEvent): SendSample {
  return {
    kind: 'send',
    timeNs: event.timeNs,
    connectionId: event.connectionId,
    protocol: protocolOf(event.flags),
    socket: socketPairOf(event.tuple),
    sender: taskOf(event.task),
    latencyNs: event.latencyNs,
    blockedNs: event.blockedNs,
    metZeroWindow: (event.flags & wire.SampleFlag.zeroWindow) !== 0,
    bytes: event.bytes,
    error: event.error === 0 ? undefined : errnoName(event.error),
  }
}

function protocolOf(flags: number): 'tcp' | 'udp' {
  return (flags & wire.SampleFlag.udp) === 0 ? 'tcp' : 'udp'
}

/** @param dropReasons names of the running kernel's reasons, by number */
export function packetEventOf(event: wire.PacketEvent, dropReasons: Record<number, string>): PacketEvent {
  const facts = {
    timeNs: event.timeNs,
    connectionId: event.connectionId === 0 ? undefined : event.connectionId,
    socket: socketPairOf(event.tuple),
    owner: ownerOf(event.owner),
  }
  switch (event.kind) {
    case wire.EventKind.retransmit:
      return { kind: 'retransmit', ...facts, type: retransmitTypes[event.type] ?? 'fast', stallNs: event.stallNs }
    case wire.EventKind.reset:
      return { kind: 'reset', ...facts, direction: event.type === wire.ResetDirection.sent ? 'sent' : 'received' }
    default:
      return { kind: 'drop', ...facts, protocol: protocolOf(event.flags), reason: dropReason(event.type, dropReasons) }
  }
}

/** Reasons of a subsystem (mac80211, openvswitch) stand above 2^16, and have no names in the kernel proper. */
function dropReason(reason: number, names: Record<number, string>): string {
  return names[reason]?.replace(/^SKB_DROP_REASON_/, '') ?? `0x${reason.toString(16)}`
}

const ledgerSpans: Record<number, Ledger['span']> = {
  [wire.LedgerSpan.request]: 'request',
  [wire.LedgerSpan.reply]: 'reply',
}

export function ledgerOf(event: wire.LedgerEvent): Ledger {
  const { stages, synRetries, timeouts } = event.ledger
  return {
    kind: 'ledger',
    timeNs: event.timeNs,
    connectionId: event.connectionId,
    socket: socketPairOf(event.tuple),
    owner: ownerOf(event.owner),
    span: ledgerSpans[event.span] ?? 'connection',
    wallNs: event.wallNs,
    stagesNs: Object.fromEntries(ledgerStages.map((stage, i) => [stage, stages[i] ?? 0])) as Ledger['stagesNs'],
    synRetries,
    timeouts,
  }
}

export function stateChangeOf(event: wire.StateEvent): StateChange {
  return {
    kind: 'state',
    timeNs: event.timeNs,
    connectionId: event.connectionId,
    socket: socketPairOf(event.tuple),
    owner: ownerOf(event.owner),
    from: stateName(event.oldState),
    to: stateName(event.newState),
  }
}

function known(ns: number): number | undefined {
  return ns === unknownNs ? undefined : ns
}

export function socketPairOf(tuple: wire.Tuple): SocketPair {
  return {
    local: { address: tuple.localAddress, port: tuple.localPort },
    peer: { address: tuple.peerAddress, port: tuple.peerPort },
    ipVersion: tuple.peerAddress.includes(':') ? 6 : 4,
    netns: tuple.netns,
  }
}

export function taskOf(task: wire.Task): Task {
  const { pid, tid, uid, comm, processStartNs, cgroupId } = task
  return { pid, tid, uid, comm, processStartNs, cgroupId }
}

const ownerSources: Record<number, OwnerSource> = {
  [wire.OwnerSource.syscall]: 'syscall',
  [wire.OwnerSource.firstUse]: 'first-use',
  [wire.OwnerSource.existing]: 'existing',
}

export function ownerOf(task: wire.Task): Owner | undefined {
  const source = ownerSources[task.source]
  return source && { ...taskOf(task), source }
}
