import type { Book } from '../model/book.ts'
import { identityJson } from './identity-json.ts'
import type { ConnectionEvent } from '../model/connection-event.ts'
import type { HistoryEvent, ToldHistory } from '../model/incident.ts'
import type { Ledger } from '../model/ledger.ts'
import type { PacketEvent } from '../model/packet-event.ts'
import type { PickupSample } from '../model/pickup-sample.ts'
import type { Task } from '../model/process.ts'
import type { SendSample } from '../model/send-sample.ts'
import type { SocketPair } from '../model/socket.ts'

/** A JSON object whose undefined members are left out by JSON.stringify. */
type JsonObject = Record<string, unknown>

/** One event as docs/json.md describes it: `kind` first, units at the end of the names. */
export function connectionEventJson(event: ConnectionEvent, unixNs: bigint): JsonObject {
  const { kind, owner } = event
  const common = {
    kind,
    timeUnixNs: String(unixNs),
    ...taskJson(owner),
    ...socketJson(event.socket),
    ownerSource: owner?.source ?? 'unknown',
    connectionId: event.connectionId,
  }
  switch (event.kind) {
    case 'pending':
      return { ...common, waitedUs: us(event.waitedNs) }
    case 'connect':
      return { ...common, handshakeUs: us(event.handshakeNs) }
    case 'fail':
      return { ...common, error: event.error, handshakeUs: us(event.handshakeNs) }
    case 'accept':
      return { ...common, handshakeUs: us(event.handshakeNs), acceptQueueUs: us(event.acceptQueueNs) }
    case 'close':
      return {
        ...common,
        durationUs: us(event.durationNs),
        existedBefore: event.existedBefore,
        bytesSent: event.bytesSent,
        bytesReceived: event.bytesReceived,
        retransmits: event.retransmits,
        rttUs: event.rttUs,
        minRttUs: event.minRttUs,
        busyMs: event.busyMs,
        receiverLimitedMs: event.receiverLimitedMs,
        sendLimitedMs: event.sendLimitedMs,
        error: event.error,
      }
  }
}

export function pickupJson(sample: PickupSample, unixNs: bigint): JsonObject {
  return {
    kind: sample.kind,
    timeUnixNs: String(unixNs),
    ...taskJson(sample.reader),
    ...socketJson(sample.socket),
    connectionId: sample.connectionId,
    protocol: sample.protocol,
    latencyUs: us(sample.latencyNs),
    isLowerBound: sample.isLowerBound || undefined,
  }
}

export function sendJson(sample: SendSample, unixNs: bigint): JsonObject {
  return {
    kind: sample.kind,
    timeUnixNs: String(unixNs),
    ...taskJson(sample.sender),
    protocol: sample.protocol,
    ...socketJson(sample.socket),
    connectionId: sample.connectionId,
    latencyUs: us(sample.latencyNs),
    blockedUs: us(sample.blockedNs),
    metZeroWindow: sample.metZeroWindow || undefined,
    bytes: sample.bytes,
    error: sample.error,
  }
}

export function packetEventJson(event: PacketEvent, unixNs: bigint): JsonObject {
  const common = {
    kind: event.kind,
    timeUnixNs: String(unixNs),
    ...taskJson(event.owner),
    ...socketJson(event.socket),
    ownerSource: event.owner?.source ?? 'unknown',
    connectionId: event.connectionId,
  }
  switch (event.kind) {
    case 'retransmit':
      return { ...common, type: event.type, stallUs: us(event.stallNs) }
    case 'reset':
      return { ...common, direction: event.direction }
    case 'drop':
      return { ...common, protocol: event.protocol, reason: event.reason }
  }
}

export function ledgerJson(ledger: Ledger, unixNs: bigint): JsonObject {
  return {
    kind: ledger.kind,
    timeUnixNs: String(unixNs),
    ...taskJson(ledger.owner),
    ...socketJson(ledger.socket),
    ownerSource: ledger.owner?.source ?? 'unknown',
    connectionId: ledger.connectionId,
    span: ledger.span,
    wallUs: us(ledger.wallNs),
    stagesUs: Object.fromEntries(Object.entries(ledger.stagesNs).map(([stage, ns]) => [stage, us(ns)])),
    synRetries: ledger.synRetries,
    timeouts: ledger.timeouts,
  }
}

export function historyJson(history: ToldHistory, unixNs: bigint): JsonObject {
  const { owner, timeNs, cause, events } = history
  const eventJson = (event: HistoryEvent): JsonObject => ({
    atUs: us(event.timeNs - timeNs),
    what: event.what,
    durationUs: us(event.durationNs),
    bytes: event.bytes,
    detail: event.detail || undefined,
  })
  return {
    kind: history.kind,
    timeUnixNs: String(unixNs),
    ...taskJson(owner),
    ...socketJson(history.socket),
    ownerSource: owner?.source ?? 'unknown',
    connectionId: history.connectionId,
    trigger: history.trigger,
    cause: eventJson(cause),
    events: events.map(eventJson),
    forgotten: history.forgotten,
  }
}

/** `kind: start`: the first object of every stream; from here on every event is seen. */
export function startJson(unixNs: bigint, signals: readonly object[]): JsonObject {
  return { kind: 'start', timeUnixNs: String(unixNs), signals }
}

/** `kind: summary`: the last object of every stream. */
export function summaryJson(
  result: { durationNs: number; books: readonly Book[]; cost?: CostFacts | undefined },
  more: JsonObject = {},
): JsonObject {
  const { cost } = result
  return {
    kind: 'summary',
    durationUs: us(result.durationNs),
    ...more,
    books: result.books,
    cost: cost && {
      wallUs: us(cost.wallNs),
      agentCpuUs: us(cost.agentCpuNs),
      programs: cost.programs.map(({ program, runs, runNs }) => ({ program, runs, runUs: us(runNs) })),
    },
  }
}

/** What wirelag itself cost. */
interface CostFacts {
  wallNs: number
  agentCpuNs: number
  programs: readonly { program: string; runs: number; runNs: number }[]
}

export function taskJson(task: Task | undefined): JsonObject {
  return { pid: task?.pid, tid: task?.tid, comm: task?.comm, uid: task?.uid, ...identityJson(task?.identity) }
}

export function socketJson(socket: SocketPair): JsonObject {
  return {
    ipVersion: socket.ipVersion,
    localAddress: socket.local.address,
    localPort: socket.local.port,
    peerAddress: socket.peer.address,
    peerName: socket.peer.name,
    peerPort: socket.peer.port,
    netns: socket.netns,
  }
}

/** Microseconds with the nanoseconds behind the point. */
export function us(ns: number | undefined): number | undefined {
  return ns === undefined ? undefined : ns / 1000
}
