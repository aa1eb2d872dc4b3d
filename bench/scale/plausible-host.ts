import { signalNames, type Book } from '../../src/model/book.ts'
import type { Container } from '../../src/model/container.ts'
import type { EdgeActivity, EdgeProcess } from '../../src/model/edge.ts'
import type { Survey } from '../../src/model/host-facts.ts'
import type { MetricSnapshot } from '../../src/model/metric.ts'
import { emptyObservation, type Observation, type StateCount } from '../../src/model/observation.ts'
import type { Owner } from '../../src/model/process.ts'
import type { StoredRecord } from '../../src/model/record.ts'
import { MetricRegistry } from '../../src/pipeline/metrics/metric-registry.ts'
import { recordsOf } from '../../src/store/observation-records.ts'
import { noActivity } from '../../src/track/edge-activity.ts'

export const hostShape = { services: 20, edges: 60 } as const
const edgesPerService = hostShape.edges / hostShape.services
export const stepMs = 10_000

/** Of a moment of each edge: some ten calls a second. */
const callsPerSecond = 10
const peerPorts = [5432, 6379] as const
const signals = signalNames.map((signal) => ({
  signal: signal as never,
  title: signal,
  status: 'on' as const,
  hooks: ['tracepoint' as const],
  reasons: [],
  lost: [],
}))
const diagnosis = { findings: [], ruledOut: [], unjudged: [] }

/** A host of 20 services in containers, each with a listener and two peers, whose times are made by chance from a seed. */
export class PlausibleHost {
  readonly #name: string
  readonly #random: () => number
  readonly #registry: MetricRegistry
  readonly #books = new Map<string, Book>()
  readonly #processes: readonly EdgeProcess[]
  #surveyBefore: Survey | undefined

  constructor(name: string, seed: number) {
    this.#name = name
    this.#random = randomOf(seed)
    this.#registry = new MetricRegistry({ host: name, version: '0.1.0', signals: () => signals })
    this.#processes = Array.from({ length: hostShape.services }, (_, i) => processOf(i, this.#random))
  }

  /** What the agent would be told of so many seconds, at once. */
  pass(unixMs: number, seconds: number, survey: Survey): void {
    const activities = this.#activities(seconds)
    for (const book of this.#booksOf(seconds)) this.#books.set(book.signal, added(this.#books.get(book.signal), book))
    this.#registry.onSecond({
      unixMs,
      spanMs: seconds * 1000,
      activities,
      states: this.#states(),
      incidents: [],
      books: [...this.#books.values()],
    })
    const observation = this.#observation(activities, survey)
    this.#registry.onStep({
      startUnixMs: unixMs - stepMs,
      spanMs: stepMs,
      observation,
      diagnosis,
      survey,
      books: [],
    })
  }

  get snapshot(): MetricSnapshot {
    return this.#registry.snapshot()
  }

  /** What the flight recorder keeps of one step. */
  recordsOfStep(startUnixMs: number, survey: Survey): StoredRecord[] {
    const observation = this.#observation(this.#activities(stepMs / 1000), survey)
    const books = this.#booksOf(stepMs / 1000)
    return recordsOf({
      host: this.#name,
      startUnixMs,
      spanMs: stepMs,
      observation,
      diagnosis,
      incidents: [],
      books,
    })
  }

  #observation(edges: readonly EdgeActivity[], survey: Survey): Observation {
    const before = this.#surveyBefore ?? survey
    this.#surveyBefore = survey
    const owners = this.#processes.map(ownerOf)
    return {
      ...emptyObservation(stepMs * 1e6),
      edges,
      lives: owners.map((owner, i) => ({
        owner,
        role: 'server',
        socket: {
          local: { address: addressOf(i), port: 8000 + i },
          peer: { address: '10.0.9.1', port: 40_000 },
          ipVersion: 4,
          netns: 1,
        },
        opened: this.#upTo(9),
        closed: this.#upTo(9),
        lifeNs: this.#upTo(1e10),
        bytes: this.#upTo(1e6),
      })),
      slowTimes: owners.slice(0, 5).map((owner) => ({
        timeNs: this.#upTo(1e10),
        owner,
        what: 'pickup',
        latencyNs: 20_000_000 + this.#upTo(1e8),
      })),
      idleShare: this.#random(),
      states: this.#states().map((state) => ({ ...state, before: state.now })),
      host: { before: before.host, now: survey.host },
      namespaces: survey.namespaces.slice(0, 1).map((now) => ({ before: before.namespaces[0], now })),
    }
  }

  #activities(seconds: number): EdgeActivity[] {
    return this.#processes.flatMap((process, i) =>
      Array.from({ length: edgesPerService }, (_, j) => this.#activity(process, i, j, seconds)),
    )
  }

  #activity(process: EdgeProcess, service: number, place: number, seconds: number): EdgeActivity {
    const isServer = place === 0
    const activity = noActivity({
      process,
      protocol: 'tcp',
      role: isServer ? 'server' : 'client',
      peerAddress: isServer ? '10.0.9.1' : addressOf(100 + place),
      port: isServer ? 8000 + service : peerPorts[place - 1],
      netns: 1,
    })
    const { handshake, acceptQueue, send, pickup } = activity.stages
    const calls = 1 + this.#upTo(2 * callsPerSecond * seconds)
    for (let call = 0; call < calls; call++) {
      send.record(this.#duration(8e3))
      pickup.record(this.#duration(60e3))
      if (call % 10 > 0) continue
      handshake.record(this.#duration(300e3))
      if (isServer) acceptQueue.record(this.#duration(40e3))
    }
    activity.counts.sentBytes = calls * (200 + this.#upTo(2000))
    activity.counts.retransmits.tlp = this.#random() < 0.1 ? 1 : 0
    activity.counts.resetsReceived = this.#random() < 0.05 ? 1 : 0
    activity.rttUs = Math.round(this.#duration(300e3) / 1000)
    activity.minRttUs = Math.round(activity.rttUs * 0.6)
    return activity
  }

  #states(): StateCount[] {
    return this.#processes.flatMap((process) =>
      (['LISTEN', 'ESTABLISHED', 'TIME_WAIT', 'CLOSE_WAIT'] as const).map((state) => ({
        state,
        owner: ownerOf(process),
        netns: 1,
        peer: undefined,
        before: 0,
        now: state === 'LISTEN' ? 1 : this.#upTo(40),
      })),
    )
  }

  #booksOf(seconds: number): Book[] {
    return signalNames.map((signal) => {
      const delivered = this.#upTo(1000 * seconds)
      return { signal, attempted: delivered, delivered, lost: 0, filtered: 0, invalid: 0 }
    })
  }

  /** Around a middle, with a long tail. */
  #duration(middleNs: number): number {
    return Math.round(middleNs * Math.exp((this.#random() + this.#random() + this.#random() - 1.5) * 3))
  }

  #upTo(most: number): number {
    return Math.floor(this.#random() * (most + 1))
  }
}

function processOf(i: number, random: () => number): EdgeProcess {
  const id = Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join('')
  const service = `service-${String(i).padStart(2, '0')}`
  const container: Container = {
    runtime: 'docker',
    id,
    name: `shop-${service}-1`,
    image: `shop/${service}:1.2`,
    compose: { project: 'shop', service },
    pod: undefined,
  }
  return {
    pid: 1000 + i,
    startNs: Math.floor(random() * 1e15),
    comm: 'node',
    cgroupId: 4000 + i,
    identity: { container, unit: undefined, service, cgroupPath: `/system.slice/docker-${id}.scope` },
  }
}

function ownerOf({ pid, startNs, comm, cgroupId, identity }: EdgeProcess): Owner {
  return {
    pid,
    tid: pid,
    uid: 33,
    comm,
    processStartNs: startNs,
    source: 'syscall',
    ...(cgroupId === undefined ? {} : { cgroupId }),
    ...(identity ? { identity } : {}),
  }
}

function addressOf(i: number): string {
  return `10.0.0.${i + 1}`
}

function added(sum: Book | undefined, book: Book): Book {
  if (!sum) return book
  return { ...book, attempted: sum.attempted + book.attempted, delivered: sum.delivered + book.delivered }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
