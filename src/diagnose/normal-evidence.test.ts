import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StateCount } from '../model/observation.ts'
import { diagnose } from './diagnose.ts'
import { observation, web } from './diagnosis-cases.ts'

const normal = { service: 'web', mad: 1, samples: 42, days: 6 }

function evidenceOf(state: string, now: number, normals: Parameters<typeof observation>[0]): string | undefined {
  const count: StateCount = { state, owner: web, netns: 1, peer: undefined, before: 5, now }
  return diagnose(observation({ states: [count], ...normals })).findings[0]?.evidence.at(-1)
}

test('a leak says how far it is from what is usual', () => {
  const normals = [{ ...normal, state: 'CLOSE_WAIT', median: 5 }]
  assert.equal(
    evidenceOf('CLOSE_WAIT', 45, { normals }),
    "45 CLOSE_WAIT of web: 9 x this host's normal (median 5 at this time of day, of 6 days)",
  )
  assert.equal(evidenceOf('CLOSE_WAIT', 45, {}), '45 sockets in CLOSE_WAIT, 40 more than at the begin')
})

test('a storm that is there every night is said to be usual', () => {
  const normals = [{ ...normal, state: 'TIME_WAIT', median: 20_000, mad: 900 }]
  assert.equal(
    evidenceOf('TIME_WAIT', 23_000, { normals }),
    "23000 TIME_WAIT of web: 1.1 x this host's normal (median 20000 at this time of day, of 6 days): not unusual",
  )
})
