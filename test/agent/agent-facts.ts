import { emptyObservation } from '../../src/model/observation.ts'
import type { Container, Identity } from '../../src/model/container.ts'
import { serviceAlone } from '../../src/model/container.ts'
import type { EdgeActivity, StageName } from '../../src/model/edge.ts'
import type { Cause, Finding } from '../../src/model/finding.ts'
import type { NamespaceFacts, Survey } from '../../src/model/host-facts.ts'
import type { Task } from '../../src/model/process.ts'
import type { SocketState } from '../../src/model/socket-state.ts'
import type { AgentSecond, AgentStep } from '../../src/pipeline/agent/agent-sink.ts'
import { noActivity } from '../../src/track/edge-activity.ts'

/** Of a process in no container. */
export function service(name: string): Identity {
  return serviceAlone(name)
}

/** Of a pod's container. */
export function podContainer(name: string, { pod, namespace }: { pod: string; namespace: string }): Identity {
  const container: Container = {
    runtime: 'containerd',
    id: '0123456789ab'.padEnd(64, '0'),
    name,
    image: undefined,
    compose: undefined,
    pod: { uid: undefined, name: pod, namespace, workload: 'shop' },
  }
  return { container, unit: undefined, service: 'shop', cgroupPath: undefined }
}

/** What an edge of somebody did: samples of one stage. */
export function activity(
  identity: Identity | undefined,
  samplesMs: readonly number[],
  { stage = 'send', protocol = 'tcp', pid = 812 }: { stage?: StageName; protocol?: 'tcp' | 'udp'; pid?: number } = {},
): EdgeActivity {
  const done = noActivity({
    process: identity && { pid, startNs: 5, comm: 'a-thread', identity },
    protocol,
    role: 'client',
    peerAddress: '127.0.0.1',
    port: 5432,
    netns: 1,
  })
  for (const ms of samplesMs) done.stages[stage].record(ms * 1e6)
  return done
}

export function task(identity: Identity): Task {
  return { pid: 812, tid: 812, uid: 0, comm: 'a-thread', processStartNs: 5, identity }
}

/** Sockets of a state, of one owner in one network namespace. */
export function sockets(
  state: SocketState,
  owner: Identity | undefined,
  now: number,
): NonNullable<AgentSecond['states']>[number] {
  return { state, owner: owner && task(owner), netns: 1, peer: undefined, now }
}

export function finding(cause: Cause, culprit: Identity | undefined, confidence = 0.9): Finding {
  return {
    cause,
    culprit: culprit && { pid: 812, startNs: 5, comm: 'a-thread', identity: culprit },
    sentence: `${culprit?.service ?? 'The host'} has ${cause}.`,
    sinceNs: undefined,
    evidence: [],
    confidence,
    weight: 0.5,
    confirm: '',
    advice: '',
  }
}

/** A survey that has only connection tracking of namespaces. */
export function survey(...conntracks: { netns: number; count: number; max: number }[]): Survey {
  const namespaces = conntracks.map(
    ({ netns, count, max }) => ({ netns, conntrack: { count, max, counters: undefined } }) as unknown as NamespaceFacts,
  )
  return { takenAtMs: 0, host: {} as Survey['host'], namespaces, unread: [], beyondBound: 0 }
}

export function second(facts: Partial<AgentSecond> = {}): AgentSecond {
  return { unixMs: 0, spanMs: 1000, activities: [], states: undefined, incidents: [], books: [], ...facts }
}

export function step({ findings = [], survey: read }: { findings?: Finding[]; survey?: Survey } = {}): AgentStep {
  return {
    startUnixMs: 0,
    spanMs: 10_000,
    observation: emptyObservation(10e9),
    diagnosis: { findings, ruledOut: [], unjudged: [] },
    survey: read,
    books: [],
  }
}
