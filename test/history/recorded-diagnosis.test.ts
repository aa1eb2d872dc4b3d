import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diagnose } from '../../src/diagnose/diagnose.ts'
import { diagnosisCases, observation } from '../../src/diagnose/diagnosis-cases.ts'
import type { StoredRecord } from '../../src/model/record.ts'
import { recordsOf } from '../../src/store/observation-records.ts'
import { recordedSteps } from '../../src/store/recorded-steps.ts'

for (const [cause, what, seen] of diagnosisCases) {
  test(`${what}: ${cause} is found in what was recorded`, () => {
    const seenThen = observation(seen)
    const records = recordsOf({
      host: 'edge-07',
      startUnixMs: 1_800_000_000_000,
      spanMs: 10_000,
      observation: seenThen,
      diagnosis: diagnose(seenThen),
      incidents: [],
      books: [],
    })
    const [step] = recordedSteps(JSON.parse(JSON.stringify(records)) as StoredRecord[])
    assert.deepEqual(step?.observation, {
      ...seenThen,
      slowTimes: seenThen.slowTimes.toSorted((a, b) => a.timeNs - b.timeNs),
    })
    assert.deepEqual(diagnose(step.observation), diagnose(seenThen))
  })
}
