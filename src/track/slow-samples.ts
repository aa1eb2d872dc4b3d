import type { ConnectionEvent } from '../model/connection-event.ts'
import { processKey } from '../model/edge-text.ts'
import type { Edge } from '../model/edge.ts'
import type { PacketEvent } from '../model/packet-event.ts'
import type { PickupSample } from '../model/pickup-sample.ts'
import type { Task } from '../model/process.ts'
import type { SendSample } from '../model/send-sample.ts'
import type { SlowSample } from '../model/slow-sample.ts'
import type { TopRow } from '../model/top-row.ts'

type Event = ConnectionEvent | PacketEvent | PickupSample | SendSample

/** The stages of an event that took longer than that, or that failed. */
export function slowSamplesOf(event: Event, overNs: number): SlowSample[] {
  return stagesOf(event).filter(({ latencyNs, what, detail }) => latencyNs > overNs || isFailure(what, detail))
}

function isFailure(what: SlowSample['what'], detail: string): boolean {
  return what === 'handshake' && detail !== ''
}

function stagesOf(event: Event): SlowSample[] {
  const { timeNs, socket } = event
  const common = { timeNs, socket, isLowerBound: false, protocol: 'tcp' as const, detail: '' }
  switch (event.kind) {
    case 'pickup': {
      const { latencyNs, isLowerBound, protocol, reader } = event
      return [{ ...common, what: 'pickup', latencyNs, isLowerBound, protocol, task: reader }]
    }
    case 'send': {
      const { latencyNs, protocol, sender, error, metZeroWindow } = event
      const detail = error ?? (metZeroWindow ? 'zero window' : '')
      return [{ ...common, what: 'send', latencyNs, protocol, task: sender, detail }]
    }
    case 'connect':
    case 'accept':
    case 'fail':
    case 'retransmit':
      return event.owner ? ownedStagesOf(event, { ...common, task: event.owner }) : []
    default:
      return []
  }
}

function ownedStagesOf(
  event: Extract<Event, { kind: 'connect' | 'accept' | 'fail' | 'retransmit' }>,
  common: Omit<SlowSample, 'what' | 'latencyNs'>,
): SlowSample[] {
  if (event.kind === 'retransmit')
    return [{ ...common, what: 'retransmit', latencyNs: event.stallNs, detail: event.type }]
  const { handshakeNs } = event
  const samples: SlowSample[] = []
  if (event.kind === 'fail')
    samples.push({ ...common, what: 'handshake', latencyNs: handshakeNs ?? 0, detail: event.error })
  else if (handshakeNs !== undefined) samples.push({ ...common, what: 'handshake', latencyNs: handshakeNs })
  if (event.kind === 'accept' && event.acceptQueueNs !== undefined)
    samples.push({ ...common, what: 'acceptQueue', latencyNs: event.acceptQueueNs })
  return samples
}

/** Of a task, or of an edge's process. */
function keyOfTask({ pid, processStartNs }: Task): string {
  return processKey({ pid, startNs: processStartNs })
}

/** Whether a sample is of an edge; that its process is the edge's is known. */
function isOfEdge({ protocol, socket }: SlowSample, edge: Edge): boolean {
  if (protocol !== edge.protocol) return false
  if (edge.role === 'any') return true
  const { port } = edge.role === 'client' ? socket.peer : socket.local
  return socket.netns === edge.netns && socket.peer.address === edge.peerAddress && port === edge.port
}

/**
 * The last slow samples of each process and peer, so that a noisy one does not push the others out. Bounded: those of a
 * process and peer that had none for the longest time are forgotten.
 */
export class SlowSamples {
  readonly #maxPeers: number
  readonly #maxOfPeer: number
  /** The one that had none for the longest time first; in each the oldest first. */
  readonly #ofPeers = new Map<string, SlowSample[]>()

  constructor({ maxPeers = 1024, maxOfPeer = 100 }: { maxPeers?: number; maxOfPeer?: number } = {}) {
    this.#maxPeers = maxPeers
    this.#maxOfPeer = maxOfPeer
  }

  add(sample: SlowSample): void {
    const { socket } = sample
    const key = `${keyOfTask(sample.task)} ${sample.protocol} ${socket.netns} ${socket.peer.address}`
    const samples = this.#ofPeers.get(key) ?? []
    this.#ofPeers.delete(key)
    this.#ofPeers.set(key, samples)
    samples.push(sample)
    if (samples.length > this.#maxOfPeer) samples.shift()
    if (this.#ofPeers.size > this.#maxPeers) this.#ofPeers.delete(this.#ofPeers.keys().next().value ?? '')
  }

  /** Those of a row, the newest first, none after `untilNs`. */
  of(row: TopRow, limit: number, untilNs: number): SlowSample[] {
    const { edge, processes } = row
    return [...this.#ofPeers.values()]
      .filter(([first]) => first && processes.has(keyOfTask(first.task)))
      .flat()
      .filter((sample) => sample.timeNs <= untilNs && (!edge || isOfEdge(sample, edge)))
      .toSorted((a, b) => b.timeNs - a.timeNs)
      .slice(0, limit)
  }
}
