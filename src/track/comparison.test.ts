import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change } from '../model/change.ts'
import type { EdgeActivity } from '../model/edge.ts'
import type { Observation, StateCount } from '../model/observation.ts'
import { changesBetween } from './comparison.ts'
import { edge, observation, owner } from './observation-examples.ts'

const second = { spanNs: 10e9 }
const ms = 1e6

function times(count: number, ns: number): number[] {
  return Array.from({ length: count }, () => ns)
}

function shown(changes: readonly Change[]): unknown[] {
  return changes.map(({ subject: { service, peer }, measure, before, after }) => [
    service,
    peer,
    measure,
    before,
    after,
  ])
}

function of(edges: EdgeActivity[], more: Partial<Observation> = {}): Observation {
  return observation({ ...second, edges, ...more })
}

test('nothing moved between a time and itself', () => {
  const seen = of([edge(times(100, 5 * ms), 1000)])
  assert.deepEqual(changesBetween(seen, seen), [])
})

test('the stage of the edge that moved comes first', () => {
  const quiet = edge(times(100, 1 * ms), 1000, { port: 6379 })
  const before = of([edge(times(100, 1 * ms), 1000), quiet])
  const after = of([edge(times(100, 80 * ms), 1000), quiet])
  const [first, ...others] = changesBetween(before, after)
  assert.equal(first?.measure, 'pickup p95')
  assert.equal(first.subject.peer, 'to 10.0.0.2:5432')
  assert.equal(first.unit, 'ns')
  assert.equal(first.samples, 100)
  assert.equal(first.before, 1 * ms)
  assert.equal(first.after, 79_691_776)
  assert.deepEqual(others, [])
})

test('a change of many is more than the same change of few', () => {
  const at = (few: number, many: number): Observation =>
    of([edge(times(10, few), 0, { port: 1 }), edge(times(1000, many), 0, { port: 2 })])
  const changes = changesBetween(at(1 * ms, 1 * ms), at(20 * ms, 20 * ms))
  assert.deepEqual(
    changes.map(({ subject, measure }) => [subject.peer, measure]),
    // Both moved alike: it is the service.
    [[undefined, 'pickup p95']],
  )
  const mixed = changesBetween(at(1 * ms, 1 * ms), at(40 * ms, 20 * ms))
  assert.deepEqual(
    mixed.map(({ subject }) => subject.peer),
    [undefined],
  )
  const [better] = changesBetween(at(20 * ms, 20 * ms), at(20 * ms, 1 * ms))
  assert.equal(better?.subject.peer, 'to 10.0.0.2:2')
  assert.ok(better.after < better.before)
})

test('where nothing was measured a p95 is not known, and its rate tells', () => {
  const changes = changesBetween(of([]), of([edge(times(100, 50 * ms), 0)]))
  assert.deepEqual(shown(changes), [['web', 'to 10.0.0.2:5432', 'pickups', 0, 10]])
})

function closeWaits(now: number): Partial<Observation> {
  const count: StateCount = { state: 'CLOSE_WAIT', owner, netns: 1, peer: undefined, before: 0, now }
  return { states: [count, { ...count, owner: { ...owner, pid: 9 }, now: 5 }] }
}

test('sockets by state, of all processes of a service', () => {
  const changes = changesBetween(of([], closeWaits(0)), of([], closeWaits(40)))
  assert.deepEqual(shown(changes), [['web', undefined, 'CLOSE_WAIT', 5, 45]])
})

test('failures weigh more than throughput', () => {
  const failing = (failures: number, sentBytes: number): Observation => {
    const activity = edge([], sentBytes)
    return of([{ ...activity, counts: { ...activity.counts, failures } }])
  }
  const changes = changesBetween(failing(0, 1e6), failing(100, 8e6))
  assert.deepEqual(
    changes.map(({ measure }) => measure),
    ['failures', 'throughput'],
  )
})

test('facts of the host: a busy CPU, drops by their reason', () => {
  const drops = [
    {
      reason: 'QDISC_DROP',
      count: 500,
      owners: [],
      socket: { local: end, peer: end, ipVersion: 4, netns: 1 },
      firstNs: 0,
    },
  ] as const
  const changes = changesBetween(of([], { idleShare: 0.9 }), of([], { idleShare: 0.02, drops }))
  assert.deepEqual(
    changes.map(({ measure, before, after, unit }) => [
      measure,
      Number(before.toFixed(2)),
      Number(after.toFixed(2)),
      unit,
    ]),
    [
      ['drops: QDISC_DROP', 0, 50, 'perSecond'],
      ['CPU in use', 0.1, 0.98, 'share'],
    ],
  )
})

const end = { address: '10.0.0.1', port: 1 }
