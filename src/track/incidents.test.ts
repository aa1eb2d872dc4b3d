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
  const ledger = { connectionId: 2 } as Ledger
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
