import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import { serviceAlone } from '../model/container.ts'
import type { Edge, EdgeActivity } from '../model/edge.ts'
import { emptyObservation, type Observation } from '../model/observation.ts'
import type { Owner } from '../model/process.ts'
import type { SocketPair } from '../model/socket.ts'
import { noActivity } from './edge-activity.ts'

// For tests alone.

export const owner: Owner = {
  pid: 7,
  tid: 8,
  uid: 0,
  comm: 'web',
  processStartNs: 1,
  source: 'syscall',
  identity: serviceAlone('web'),
}

export const socket: SocketPair = {
  local: { address: '10.0.0.1', port: 40_000 },
  peer: { address: '10.0.0.2', port: 5432 },
  ipVersion: 4,
  netns: 1,
}

/** Of the owner, as a client: it let data wait for so long, and sent so much. */
export function edge(pickupsNs: readonly number[], sentBytes: number, more: Partial<Edge> = {}): EdgeActivity {
  const activity = noActivity({
    process: { pid: owner.pid, startNs: owner.processStartNs, comm: 'web', identity: serviceAlone('web') },
    protocol: 'tcp',
    role: 'client',
    peerAddress: '10.0.0.2',
    port: 5432,
    netns: 1,
    ...more,
  })
  const pickup = new LogLinearHistogram()
  for (const ns of pickupsNs) pickup.record(ns)
  return { ...activity, counts: { ...activity.counts, sentBytes }, stages: { ...activity.stages, pickup } }
}

/** A microsecond in which nothing happened, but for what is given. */
export function observation(more: Partial<Observation> = {}): Observation {
  return { ...emptyObservation(1000), ...more }
}
