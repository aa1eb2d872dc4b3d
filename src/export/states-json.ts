import type { StateNormal } from '../model/normal.ts'
import type { OldSocket, StateChange, StateRow, StateSurvey } from '../model/socket-state.ts'
import { identityJson } from './identity-json.ts'
import { socketJson, taskJson } from './ndjson.ts'

/** `kind: states`, as docs/json.md describes it. */
export function statesJson(
  { unixNs, total, states, rows, oldest }: StateSurvey,
  normals: readonly StateNormal[] = [],
): Record<string, unknown> {
  return {
    kind: 'states',
    timeUnixNs: String(unixNs),
    total,
    states,
    rows: rows.map((row) => rowJson(row)),
    oldest: oldest.map((socket) => oldSocketJson(socket)),
    normals: normals.length > 0 ? normals : undefined,
  }
}

function rowJson({ subject, total, states }: StateRow): Record<string, unknown> {
  return {
    netns: subject.netns,
    netnsName: subject.netnsName,
    ...identityJson(subject.identity && { ...subject.identity, cgroupPath: undefined }),
    localAddress: subject.listener?.address,
    localPort: subject.listener?.port,
    peerAddress: subject.peer?.address,
    peerPort: subject.peer?.port,
    isUnknown: subject.isUnknown,
    total,
    states,
  }
}

function oldSocketJson(socket: OldSocket): Record<string, unknown> {
  return {
    state: socket.state,
    ageMs: socket.ageMs,
    isAgeLowerBound: socket.isAgeLowerBound || undefined,
    ...taskJson(socket.owner),
    fd: socket.fd,
    ...socketJson(socket.socket),
    connectionId: socket.connectionId,
    receiveQueueBytes: socket.receiveQueue,
    sendQueueBytes: socket.sendQueue,
  }
}

/** `kind: state`: one change, as it happens. */
export function stateChangeJson(change: StateChange, unixNs: bigint): Record<string, unknown> {
  return {
    kind: 'state',
    timeUnixNs: String(unixNs),
    ...taskJson(change.owner),
    ...socketJson(change.socket),
    ownerSource: change.owner?.source ?? 'unknown',
    connectionId: change.connectionId,
    from: change.from,
    to: change.to,
  }
}
