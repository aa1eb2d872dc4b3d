import type { Book } from '../model/book.ts'
import type { ConnectFailures, ConnectionLives, Drops, Observation, Retransmits } from '../model/observation.ts'
import type { Task } from '../model/process.ts'
import type { RecordKind, StoredRecord } from '../model/record.ts'
import { addedCounts, addedEdges, decodeHistogram, type EdgeCode } from './edge-code.ts'
import type { ProcessCode } from './identity-code.ts'
import { decoded, encoded } from './lossless-json.ts'
import { addedNamespaces, type NamespaceCode } from './namespace-code.ts'
import type { SpanBody, StatesBody } from './record-bodies.ts'
import { followedStates, summedStates } from './states-sums.ts'

/** How the records of one kind become fewer. */
interface Rule<Body> {
  /** What a body is of once processes do not matter: records of one key become one. */
  keyOf: (body: Body, record: StoredRecord) => string
  /** Without what is only of one process or one moment. */
  coarse: (body: Body) => Body
  /** The first, then the later. */
  add: (sum: Body, body: Body) => Body
}

function rule<Body>(made: Rule<Body>): Rule<unknown> {
  return made as Rule<unknown>
}

/** A record to be, with its body decoded. */
interface Sum {
  record: StoredRecord
  body: unknown
}

/** Of one coarser step. */
const maxEdges = 200

/** Kinds that are told only of fine steps. */
const fineKinds: ReadonlySet<RecordKind> = new Set(['exchange', 'thread', 'slow-time', 'pickups'])

const rules: Partial<Record<RecordKind, Rule<unknown>>> = {
  span: rule<SpanBody>({ keyOf: () => '', coarse: (body) => ({ ...body, series: [] }), add: addedSpans }),
  edge: rule<EdgeCode>({
    keyOf: ({ protocol, role, peer = '', port = '' }, record) =>
      `${subjectKey(record)} ${protocol} ${role} ${peer} ${port}`,
    coarse: ({ process, ...edge }) => (process ? { ...edge, process: nobodyOf(process) } : edge),
    add: addedEdges,
  }),
  failures: rule<ConnectFailures>({
    keyOf: ({ socket, error }, record) => `${subjectKey(record)} ${socket.peer.address} ${socket.peer.port} ${error}`,
    coarse: (body) => ({ ...body, owner: nobody(body.owner) }),
    add: (sum, { count }) => ({ ...sum, count: sum.count + count }),
  }),
  lives: rule<ConnectionLives>({
    keyOf: ({ role, socket: { local, peer } }, record) =>
      `${subjectKey(record)} ${role} ${peer.address} ${role === 'client' ? peer.port : local.port}`,
    coarse: (body) => ({ ...body, owner: nobody(body.owner) }),
    add: (sum, lives) => ({
      ...sum,
      opened: sum.opened + lives.opened,
      closed: sum.closed + lives.closed,
      lifeNs: sum.lifeNs + lives.lifeNs,
      bytes: sum.bytes + lives.bytes,
    }),
  }),
  retransmits: rule<Retransmits>({
    keyOf: ({ socket: { local, peer } }, record) =>
      `${subjectKey(record)} ${peer.address} ${Math.min(local.port, peer.port)}`,
    coarse: (body) => ({ ...body, owner: nobody(body.owner) }),
    add: (sum, retransmits) => ({
      ...sum,
      syn: sum.syn + retransmits.syn,
      rto: sum.rto + retransmits.rto,
      other: sum.other + retransmits.other,
      stallNs: sum.stallNs + retransmits.stallNs,
    }),
  }),
  drops: rule<Drops>({
    keyOf: ({ reason }) => reason,
    coarse: (body) => ({ ...body, owners: [] }),
    add: (sum, { count }) => ({ ...sum, count: sum.count + count }),
  }),
  states: rule<StatesBody>({
    keyOf: ({ netns, owner }, record) => `${subjectKey(record)} ${netns} ${owner ? 'owned' : ''}`,
    coarse: ({ netns, owner, states }) => ({
      netns,
      owner: owner && nobody(owner),
      states: states.map((count) => ({ ...count, greatest: count.greatest ?? Math.max(count.before, count.now) })),
    }),
    add: followedStates,
  }),
  host: rule<NonNullable<Observation['host']>>({
    keyOf: () => '',
    coarse: (body) => body,
    add: ({ before }, { now }) => ({ before, now }),
  }),
  namespace: rule<NamespaceCode>({
    keyOf: ({ now }) => String(now.netns),
    coarse: (body) => body,
    add: addedNamespaces,
  }),
}

/**
 * Fewer records of the same time: those of steps that begin in one coarser step become one for each host and key, by
 * service instead of by process. Counts are summed, histograms merged, of states the last count and the greatest is kept.
 * What is told one by one goes. Moments, findings, what others recorded and longer steps stay as they are.
 *
 * @param spanMs the length of the coarser steps, which begin at multiples of it
 */
export function rolledUp(records: readonly StoredRecord[], spanMs: number): StoredRecord[] {
  const stays = ({ kind, spanMs: ownMs }: StoredRecord): boolean =>
    ownMs === 0 || ownMs > spanMs || (!rules[kind] && !fineKinds.has(kind))
  const coarse = Map.groupBy(
    records.filter((record) => !stays(record) && !fineKinds.has(record.kind)),
    ({ host, timeUnixMs }) => `${Math.floor(timeUnixMs / spanMs)} ${host}`,
  )
  const steps = [...coarse.values()].flatMap((group) => coarseStep(group, spanMs))
  return [...steps, ...records.filter((record) => stays(record))].toSorted((a, b) => a.timeUnixMs - b.timeUnixMs)
}

/** @param group of one host and one coarser step */
function coarseStep(group: readonly StoredRecord[], spanMs: number): StoredRecord[] {
  const sums = new Map<string, Sum>()
  const fineSteps = Map.groupBy(
    group.toSorted((a, b) => a.timeUnixMs - b.timeUnixMs),
    ({ timeUnixMs }) => timeUnixMs,
  )
  for (const step of fineSteps.values()) {
    const parts = stepSums(step)
    for (const [key, { record, body }] of parts) {
      const sum = sums.get(key)
      const known = rules[record.kind]
      if (sum && known) sum.body = known.add(sum.body, body)
      else sums.set(key, { record, body })
    }
    for (const [key, sum] of sums)
      if (sum.record.kind === 'states' && !parts.has(key)) sum.body = withoutSockets(sum.body as StatesBody)
  }
  return withFewEdges([...sums.values()]).map(({ record, body }) => ({
    ...record,
    timeUnixMs: Math.floor(record.timeUnixMs / spanMs) * spanMs,
    spanMs,
    body: encoded(body),
  }))
}

function withoutSockets(body: StatesBody): StatesBody {
  return followedStates(body, { ...body, states: [] })
}

/** The busiest edges; of the others one for each service and protocol. */
function withFewEdges(sums: readonly Sum[]): Sum[] {
  const edges = sums.filter(({ record }) => record.kind === 'edge')
  if (edges.length <= maxEdges) return [...sums]
  const samplesOf = ({ body }: Sum): number =>
    Object.values((body as EdgeCode).stages ?? {}).reduce((sum, code) => sum + decodeHistogram(code).count, 0)
  const bySamples = edges.map((edge) => ({ edge, samples: samplesOf(edge) })).toSorted((a, b) => b.samples - a.samples)
  const others = new Map<string, Sum>()
  for (const { edge } of bySamples.slice(maxEdges)) {
    const { peer: _peer, peerName: _name, port: _port, netns: _netns, ...code } = edge.body as EdgeCode
    const body: EdgeCode = { ...code, role: 'any' }
    const key = `${subjectKey(edge.record)} ${body.protocol} any  `
    const known = others.get(key)
    if (known) known.body = addedEdges(known.body as EdgeCode, body)
    else others.set(key, { record: { ...edge.record, key }, body })
  }
  const kept = new Set(bySamples.slice(0, maxEdges).map(({ edge }) => edge))
  return [...sums.filter((sum) => sum.record.kind !== 'edge' || kept.has(sum)), ...others.values()]
}

/** Records of one step by service instead of by process. */
export function summedByService(step: readonly StoredRecord[]): StoredRecord[] {
  return [...stepSums(step).values()].map(({ record, body }) => ({ ...record, body: encoded(body) }))
}

/** What is of one key in one step: states of several processes are summed, as they are there at the same time. */
function stepSums(step: readonly StoredRecord[]): Map<string, Sum> {
  const sums = new Map<string, Sum>()
  for (const record of step) {
    const known = rules[record.kind]
    if (!known) continue
    const fine = decoded(record.body)
    const key = known.keyOf(fine, record)
    const body = known.coarse(fine)
    const sum = sums.get(`${record.kind} ${key}`)
    if (!sum) sums.set(`${record.kind} ${key}`, { record: { ...record, key }, body })
    else if (record.kind === 'states') sum.body = summedStates(sum.body as StatesBody, body as StatesBody)
    else sum.body = known.add(sum.body, body)
  }
  return sums
}

function subjectKey({ service, container, pod, namespace }: StoredRecord): string {
  return [service, container, pod, namespace].join('|')
}

/** A process of the service, no matter which. */
function nobody<Named extends Task>(task: Named): Named {
  return { ...task, pid: 0, tid: 0, processStartNs: 0, cgroupId: 0 }
}

function nobodyOf([, , comm, , identity]: ProcessCode): ProcessCode {
  return identity ? [0, 0, comm, 0, identity] : [0, 0, comm]
}

function addedSpans(sum: SpanBody, body: SpanBody): SpanBody {
  const spanNs = sum.spanNs + body.spanNs
  const [a, b] = [sum.idleShare, body.idleShare]
  return {
    spanNs,
    steps: sum.steps + body.steps,
    slowNs: Math.max(sum.slowNs, body.slowNs),
    idleShare: a === undefined || b === undefined ? (a ?? b) : (a * sum.spanNs + b * body.spanNs) / spanNs,
    unseen: [...new Map([...sum.unseen, ...body.unseen].map((one) => [one.signal, one])).values()],
    books: addedBooks(sum.books, body.books),
    folded: (sum.folded ?? 0) + (body.folded ?? 0),
    series: [],
    leftOut: addedCounts(sum.leftOut, body.leftOut),
  }
}

function addedBooks(first: readonly Book[], second: readonly Book[]): Book[] {
  const sums = new Map(first.map((book) => [book.signal, book]))
  for (const book of second) {
    const sum = sums.get(book.signal)
    const parts = ['attempted', 'delivered', 'lost', 'filtered', 'invalid'] as const
    sums.set(
      book.signal,
      sum ? { ...book, ...Object.fromEntries(parts.map((part) => [part, sum[part] + book[part]])) } : book,
    )
  }
  return [...sums.values()]
}
