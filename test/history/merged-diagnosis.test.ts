import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diagnose } from '../../src/diagnose/diagnose.ts'
import { diagnosisCases, observation } from '../../src/diagnose/diagnosis-cases.ts'
import { mergedObservation } from '../../src/track/merged-observation.ts'
import { halvesOf } from './observation-halves.ts'

for (const [cause, what, seen] of diagnosisCases) {
  test(`${what}: ${cause} is found in two steps as in one`, () => {
    const whole = observation(seen)
    assert.deepEqual(diagnose(mergedObservation(halvesOf(whole))), diagnose(whole))
  })
}

test('what is well in two steps is well', () => {
  const whole = observation()
  assert.deepEqual(diagnose(mergedObservation(halvesOf(whole))), diagnose(whole))
})

test('steps count from the first of them, whatever they are counted from', () => {
  const [first, second] = halvesOf(observation(diagnosisCases.find(([cause]) => cause === 'periodic-spike')?.[2]))
  const later = [first, second].map((step) => ({ ...step, startNs: step.startNs + 7e12 }))
  assert.deepEqual(mergedObservation(later), mergedObservation([first, second]))
})
