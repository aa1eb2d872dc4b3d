import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ThresholdAlerts } from './threshold-alerts.ts'

const s = 1e9

/** Alerts over 100 in a window of 10 s, and a clock to turn. */
function alertsOver100(): {
  /** What begins or ends with the readings of a time: `+name value` or `-name value lasted worst`. */
  at: (seconds: number, readings: Record<string, number>) => string[]
  firing: () => string[]
} {
  let nowNs = 0
  const alerts = new ThresholdAlerts<string>({ thresholdNs: 100, windowNs: 10 * s, now: () => nowNs })
  return {
    at: (seconds, readings) => {
      nowNs = seconds * s
      return alerts
        .judge(Object.entries(readings).map(([key, valueNs]) => ({ key, subject: `subject ${key}`, valueNs })))
        .map(({ state, subject, valueNs, startedNs, changedNs, worstNs }) =>
          state === 'firing'
            ? `+${subject} ${valueNs}`
            : `-${subject} ${valueNs} ${(changedNs - startedNs) / s} ${worstNs}`,
        )
    },
    firing: () => alerts.firing().map(({ subject, valueNs }) => `${subject} ${valueNs}`),
  }
}

test('an alert begins strictly over the threshold, and once', () => {
  const { at, firing } = alertsOver100()
  assert.deepEqual(at(1, { a: 100 }), [])
  assert.deepEqual(at(2, { a: 100.1 }), ['+subject a 100.1'])
  assert.deepEqual(at(3, { a: 300 }), [])
  assert.deepEqual(firing(), ['subject a 300'])
})

test('it ends when the value was below 80 % for a whole window', () => {
  const { at, firing } = alertsOver100()
  at(0, { a: 150 })
  assert.deepEqual(at(1, { a: 79 }), [])
  assert.deepEqual(at(10.9, { a: 79 }), [])
  assert.deepEqual(firing(), ['subject a 79'])
  assert.deepEqual(at(11, { a: 78 }), ['-subject a 78 11 150'])
  assert.deepEqual(firing(), [])
})

test('80 % and more, below the threshold too, begins the wait anew', () => {
  const { at } = alertsOver100()
  at(0, { a: 150 })
  at(1, { a: 79 })
  assert.deepEqual(at(5, { a: 80 }), [])
  assert.deepEqual(at(6, { a: 10 }), [])
  assert.deepEqual(at(15, { a: 10 }), [])
  assert.deepEqual(at(16, { a: 10 }), ['-subject a 10 16 150'])
})

test('passing the threshold again meanwhile is the same alert, and its worst is kept', () => {
  const { at } = alertsOver100()
  at(0, { a: 150 })
  at(1, { a: 10 })
  assert.deepEqual(at(2, { a: 900 }), [])
  at(3, { a: 10 })
  assert.deepEqual(at(13, { a: 10 }), ['-subject a 10 13 900'])
})

test('it ends at once where there was no sample in the window', () => {
  const { at } = alertsOver100()
  at(0, { a: 150 })
  assert.deepEqual(at(4, {}), ['-subject a undefined 4 150'])
  assert.deepEqual(at(5, { a: 150 }), ['+subject a 150'])
})

test('each subject has its own alert', () => {
  const { at, firing } = alertsOver100()
  assert.deepEqual(at(0, { a: 150, b: 50, c: 200 }), ['+subject a 150', '+subject c 200'])
  assert.deepEqual(at(1, { b: 101, c: 201 }), ['-subject a undefined 1 150', '+subject b 101'])
  assert.deepEqual(firing(), ['subject c 201', 'subject b 101'])
})
