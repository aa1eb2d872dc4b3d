import { errnoName } from '../lib/errno.ts'
import type { CloseEvent, ConnectionEvent } from '../model/connection-event.ts'
import type { PickupSample } from '../model/pickup-sample.ts'
import type { Owner, OwnerSource, Task } from '../model/process.ts'
import type { SocketPair } from '../model/socket.ts'
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
    error: event.error === 0 ? undefined : errnoName(event.error),
  }
}

export function pickupSampleOf(event: wire.PickupEvent): PickupSample {
  return {
    kind: 'pickup',
    timeNs: event.timeNs,
    connectionId: event.connectionId,
    socket: socketPairOf(event.tuple),
    reader: taskOf(event.reader),
    latencyNs: event.latencyNs,
    isLowerBound: (event.flags & wire.PickupFlag.atLeast) !== 0,
  }
}

function known(ns: number): number | undefined {
  return ns === unknownNs ? undefined : ns
}

function socketPairOf(tuple: wire.Tuple): SocketPair {
  return {
    local: { address: tuple.localAddress, port: tuple.localPort },
    peer: { address: tuple.peerAddress, port: tuple.peerPort },
    ipVersion: tuple.peerAddress.includes(':') ? 6 : 4,
    netns: tuple.netns,
  }
}

function taskOf(task: wire.Task): Task {
  const { pid, tid, uid, comm, processStartNs } = task
  return { pid, tid, uid, comm, processStartNs }
}

const ownerSources: Record<number, OwnerSource> = {
  [wire.OwnerSource.syscall]: 'syscall',
  [wire.OwnerSource.firstUse]: 'first-use',
  [wire.OwnerSource.existing]: 'existing',
}

function ownerOf(task: wire.Task): Owner | undefined {
  const source = ownerSources[task.source]
  return source && { ...taskOf(task), source }
}
