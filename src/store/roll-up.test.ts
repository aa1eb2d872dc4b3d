import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Observation } from '../model/observation.ts'
import type { Owner } from '../model/process.ts'
import type { StoredRecord } from '../model/record.ts'
import { encoded } from './lossless-json.ts'
import { recordsOf, type StepFacts } from './observation-records.ts'
import { recordedSteps } from './recorded-steps.ts'
import { rolledUp } from './roll-up.ts'
import { activityOf, incident, ledger, namespaceOf, owner, socket, stepOf } from './step-examples.ts'

const minute = 60_000
/** A multiple of the minute. */
const start = 1_800_000_000_000

function kept(records: readonly StoredRecord[]): StoredRecord[] {
  return JSON.parse(JSON.stringify(records)) as StoredRecord[]
}

/** One step after the other, from `start` on. */
function steps(...seen: [observation: Partial<Observation>, facts?: Partial<StepFacts>][]): StoredRecord[] {
  return kept(
    seen.flatMap(([observation, facts], i) =>
      recordsOf(stepOf(observation, { startUnixMs: start + i * 10_000, ...facts })),
    ),
  )
}

test('edges of the processes of a service become one: counts summed, histograms merged, maxima kept', () => {
  const records = steps(
    [{ edges: [activityOf(10, [1e6, 2e6], 7), activityOf(20, [300e6], 8)] }],
    [{ edges: [activityOf(5, [4e6], 9)] }],
  )
  const rolled = kept(rolledUp(records, minute))
  assert.deepEqual(
    rolled.map(({ kind, timeUnixMs, spanMs }) => [kind, timeUnixMs, spanMs]),
    [
      ['span', start, minute],
      ['edge', start, minute],
    ],
  )
  assert.equal(rolled[1]?.key, 'web|shop-web-1|| tcp client 10.0.0.2 5432')
  const [step] = recordedSteps(rolled)
  assert.equal(step?.steps, 2)
  assert.equal(step.observation.spanNs, 20e9)
  const [edge] = step.observation.edges
  assert.deepEqual(
    [edge?.stages.pickup.count, edge?.stages.pickup.sumNs, edge?.stages.pickup.maxNs, edge?.stages.send.maxNs],
    [4, 307e6, 300e6, 1e12],
  )
  assert.deepEqual([edge?.counts.sentBytes, edge?.counts.retransmits.rto, edge?.counts.resetsReceived], [35, 6, 3])
  assert.equal(edge?.edge.process?.pid, 0)
  assert.equal(edge.edge.process.identity?.service, 'web')
  assert.equal(edge.edge.process.identity.container?.name, 'shop-web-1')
})

test('histograms of different durations are merged bucket by bucket', () => {
  const durations = [[500, 1e6], [1e6, 1.3e6, 9e9], [], [2e3, 9e9, 200e9]]
  const records = steps(...durations.map((pickups): [Partial<Observation>] => [{ edges: [activityOf(0, pickups)] }]))
  const [edge] = recordedSteps(rolledUp(records, minute))[0]!.observation.edges
  assert.deepEqual(edge?.stages.pickup, activityOf(0, durations.flat()).stages.pickup)
})

test('each coarser step and each host has its own', () => {
  const records = [
    ...steps([{}], [{}], [{}], [{}], [{}], [{}], [{}]),
    ...kept(recordsOf(stepOf({}, { host: 'edge-08', startUnixMs: start }))),
  ]
  assert.deepEqual(
    recordedSteps(rolledUp(records, minute)).map((step) => [step.host, step.startUnixMs - start, step.steps]),
    [
      ['edge-07', 0, 6],
      ['edge-08', 0, 1],
      ['edge-07', minute, 1],
    ],
  )
})

const another: Owner = { ...owner, pid: 70, tid: 70 }

function closeWaits(of: Owner, before: number, now: number): Observation['states'][number] {
  return { state: 'CLOSE_WAIT', owner: of, netns: 1, peer: undefined, before, now }
}

test('states: of processes at one time the sum, of one time after the other the last and the greatest', () => {
  const records = steps(
    [{ states: [closeWaits(owner, 5, 40), closeWaits(another, 0, 2)] }],
    [{ states: [closeWaits(owner, 40, 90), closeWaits(another, 2, 3)] }],
    [{ states: [closeWaits(owner, 90, 12)] }],
  )
  const rolled = rolledUp(records, minute)
  assert.deepEqual(
    rolled.filter(({ kind }) => kind === 'states').map(({ body }) => (body as { states: unknown }).states),
    [[{ state: 'CLOSE_WAIT', before: 5, now: 12, peer: null, greatest: 93 }]],
  )
  assert.equal(recordedSteps(kept(rolled))[0]?.observation.states[0]?.now, 12)
})

test('a service whose sockets are gone has none at last', () => {
  const records = steps([{ states: [closeWaits(owner, 5, 40)] }], [{}])
  const states = rolledUp(records, minute).find(({ kind }) => kind === 'states')
  assert.deepEqual(states?.body, {
    netns: 1,
    owner: encoded({ ...owner, pid: 0, tid: 0, processStartNs: 0, cgroupId: 0 }),
    states: [{ state: 'CLOSE_WAIT', before: 5, now: 0, peer: null, greatest: 40 }],
  })
})

test('of very many peers the busiest are kept apart, the others summed by service', () => {
  const edges = Array.from({ length: 150 }, (_, i) => activityOf(1, i === 0 ? [1e6, 1e6] : [1e6]))
  const ofPeers = (from: number): Partial<Observation> => ({
    edges: edges.map((activity, i) => ({
      ...activity,
      edge: { ...activity.edge, role: 'server' as const, peerAddress: `10.1.${from}.${i}` },
    })),
  })
  const [step] = recordedSteps(rolledUp(steps([ofPeers(0)], [ofPeers(1)], [ofPeers(0)]), minute))
  assert.equal(step?.observation.edges.length, 201)
  const others = step.observation.edges.find(({ edge }) => edge.role === 'any')
  assert.equal(others?.edge.peerAddress, undefined)
  assert.equal(others?.counts.sentBytes, 100)
  assert.equal(
    step.observation.edges.reduce((sum, { stages }) => sum + stages.pickup.count, 0),
    3 * 151,
  )
})

test('facts of the host and of namespaces: from before the first to the last', () => {
  const inSegs = (from: number, to: number): Partial<Observation> => ({
    namespaces: [{ before: namespaceOf({ inSegs: from }), now: namespaceOf({ inSegs: to }) }],
  })
  const [step] = recordedSteps(rolledUp(steps([inSegs(100, 150)], [inSegs(150, 150)], [inSegs(150, 400)]), minute))
  const [namespace] = step?.observation.namespaces ?? []
  assert.deepEqual([namespace?.before?.tcp.inSegs, namespace?.now.tcp.inSegs], [100, 400])
})

test('failures, lives, retransmits and drops are summed; what is told one by one goes', () => {
  const seen: Partial<Observation> = {
    failures: [{ owner, socket, error: 'ETIMEDOUT', count: 2, firstNs: 5 }],
    lives: [{ owner, role: 'client', socket, opened: 3, closed: 2, lifeNs: 9, bytes: 10 }],
    retransmits: [{ owner, socket, syn: 1, rto: 2, other: 3, stallNs: 4, firstNs: 5 }],
    drops: [{ reason: 'NO_SOCKET', count: 7, owners: [owner], socket, firstNs: 1 }],
    exchanges: [ledger],
    slowTimes: [{ timeNs: 1, owner, what: 'send', latencyNs: 2 }],
    threads: [{ pid: 7, tid: 8, ranNs: 1, waitedNs: 2, throttledNs: 3, spanNs: 4 }],
  }
  const [step] = recordedSteps(rolledUp(steps([seen], [seen]), minute))
  const { failures, lives, retransmits, drops, exchanges, slowTimes, threads } = step!.observation
  assert.deepEqual(
    failures.map(({ count, owner: { pid } }) => [count, pid]),
    [[4, 0]],
  )
  assert.deepEqual(
    lives.map(({ opened, closed, lifeNs, bytes }) => [opened, closed, lifeNs, bytes]),
    [[6, 4, 18, 20]],
  )
  assert.deepEqual(
    retransmits.map(({ syn, rto, other, stallNs }) => [syn, rto, other, stallNs]),
    [[2, 4, 6, 8]],
  )
  assert.deepEqual(
    drops.map(({ count }) => count),
    [14],
  )
  assert.deepEqual([exchanges, slowTimes, threads], [[], [], []])
})

test('books and what was left out are summed, the idle share is of all the time', () => {
  const book = { signal: 'connect' as const, attempted: 5, delivered: 3, lost: 2, filtered: 0, invalid: 0 }
  const edges = Array.from({ length: 230 }, (_, i) => activityOf(i, [], 100 + i))
  const records = steps(
    [{ edges, idleShare: 0.5 }, { books: [book] }],
    [{ edges, idleShare: undefined }, { books: [book, { ...book, signal: 'close' }] }],
    [{ idleShare: 0.8, spanNs: 20e9 }],
  )
  const [step] = recordedSteps(rolledUp(records, minute))
  assert.deepEqual(step?.books, [
    { ...book, attempted: 10, delivered: 6, lost: 4 },
    { ...book, signal: 'close' },
  ])
  assert.deepEqual([step.folded, step.leftOut], [60, {}])
  assert.equal(step.observation.spanNs, 40e9)
})

test('moments, findings, what others recorded and longer steps stay as they are', () => {
  const http: StoredRecord = {
    ...steps([{}])[0]!,
    kind: 'http',
    key: 'GET /',
    body: { p95Ms: 5 },
  }
  const moments = kept(recordsOf(stepOf({}, { incidents: [incident] }))).slice(1)
  const longer = rolledUp(steps([{ edges: [activityOf(1, [1e6])] }]), 10 * minute)
  const all = [...longer, http, ...moments]
  assert.deepEqual(rolledUp(all, minute), all)
})

test('rolling up twice changes nothing, and late steps are added', () => {
  const records = steps(
    [{ edges: [activityOf(10, [1e6])], states: [closeWaits(owner, 0, 5)] }],
    [{ edges: [activityOf(10, [2e6])], states: [closeWaits(owner, 5, 50)] }],
    [{ edges: [activityOf(10, [3e6])], states: [closeWaits(owner, 50, 7)] }],
  )
  const rolled = kept(rolledUp(records, minute))
  assert.deepEqual(kept(rolledUp(rolled, minute)), rolled)
  const early = records.filter(({ timeUnixMs }) => timeUnixMs < start + 20_000)
  const late = records.filter(({ timeUnixMs }) => timeUnixMs >= start + 20_000)
  assert.deepEqual(kept(rolledUp([...kept(rolledUp(early, minute)), ...late], minute)), rolled)
  const hour = 60 * minute
  assert.deepEqual(
    kept(rolledUp(rolled, hour)).map(({ body }) => body),
    kept(rolledUp(records, hour)).map(({ body }) => body),
  )
})
