import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ledger } from '../model/ledger.ts'
import type { SlowSample } from '../model/slow-sample.ts'
import { Incidents } from './incidents.ts'

function sample(pid: number, latencyNs: number, timeNs: number): SlowSample {
  const end = { address: '10.0.0.1', port: 80 }
  return {
    timeNs,
    what: 'send',
    latencyNs,
    isLowerBound: false,
    protocol: 'tcp',
    socket: { local: end, peer: end, ipVersion: 4, netns: 1 },
    task: { pid, tid: pid, uid: 0, comm: 'web', processStartNs: 1 },
    detail: '',
  }
}

test('the slowest are taken, so many of a process and stage, in the order of their time', () => {
  const incidents = new Incidents({ unixNs: (ns) => 1000n + BigInt(ns), maxTaken: 3, maxOfStage: 2 })
  for (const [pid, latencyNs, timeNs] of [
    [1, 50, 1],
    [1, 70, 2],
    [1, 60, 3],
    [2, 5, 4],
    [3, 4, 5],
  ] as const)
    incidents.add(sample(pid, latencyNs, timeNs), pid)
  const ledger = { connectionId: 2, timeNs: 10, wallNs: 8 } as Ledger
  incidents.addLedger(ledger)
  const taken = incidents.take()
  assert.deepEqual(
    taken.map(({ sample: { latencyNs }, unixNs }) => [latencyNs, unixNs]),
    [
      [70, 1002n],
      [60, 1003n],
      [5, 1004n],
    ],
  )
  assert.deepEqual(
    taken.map((incident) => incident.ledger),
    [undefined, undefined, ledger],
  )
  assert.equal(new Set(taken.map(({ id }) => id)).size, 3)
  assert.equal(incidents.leftOut, 2)
  assert.deepEqual(incidents.take(), [])
})

test('a sample has the request that it was in, and what its socket did until then', () => {
  const ms = 1e6
  const incidents = new Incidents({ unixNs: (ns) => BigInt(ns) })
  for (const timeNs of [100 * ms, 300 * ms, 900 * ms]) incidents.add(sample(1, 50 * ms, timeNs), 7)
  const ledgers = [120, 310].map((at) => ({ connectionId: 7, timeNs: at * ms, wallNs: 60 * ms }) as Ledger)
  const whole = { connectionId: 7, timeNs: 400 * ms, wallNs: 400 * ms } as Ledger
  for (const ledger of [...ledgers, whole]) incidents.addLedger(ledger)
  const event = { what: 'receive' as const, durationNs: undefined, bytes: 1, detail: '' }
  incidents.addHistory({
    kind: 'history',
    timeNs: 300 * ms,
    connectionId: 7,
    trigger: 'slow',
    events: [50, 250, 800].map((at) => ({ ...event, timeNs: at * ms })),
    forgotten: 2,
  })
  const taken = incidents.take()
  assert.deepEqual(
    taken.map(({ ledger }) => ledger),
    [ledgers[0], ledgers[1], undefined],
  )
  assert.deepEqual(
    taken.map(({ history }) => history?.events.map(({ timeNs }) => timeNs / ms)),
    [[50], [50, 250], [50, 250, 800]],
  )
})
