import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AlertHysteresis, type HysteresisOptions } from './alert-hysteresis.ts'

const s = 1e9

/** Alerts over 100, resolved after 10 s, and a clock to turn. */
function alertsOver100(options: Partial<HysteresisOptions> = {}): {
  /** What begins or ends with the readings of a time: `+name value` or `-name value lasted worst`. */
  at: (seconds: number, readings: Record<string, number>) => string[]
  firing: () => string[]
  beyond: () => number
} {
  const alerts = new AlertHysteresis<string>({ threshold: 100, resolveAfterNs: 10 * s, missing: 'ends', ...options })
  return {
    at: (seconds, readings) => {
      const read = Object.entries(readings).map(([key, value]) => ({ key, subject: `subject ${key}`, value }))
      return alerts
        .judge(read, seconds * s)
        .map(({ state, subject, value, startedNs, changedNs, worst }) =>
          state === 'firing' ? `+${subject} ${value}` : `-${subject} ${value} ${(changedNs - startedNs) / s} ${worst}`,
        )
    },
    beyond: () => alerts.beyond,
    firing: () => alerts.firing().map(({ subject, value }) => `${subject} ${value}`),
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

test('it fires when the value was over for the whole of a while, and says since when', () => {
  const { at, firing } = alertsOver100({ forNs: 5 * s })
  assert.deepEqual(at(1, { a: 150 }), [])
  assert.deepEqual(at(4, { a: 101 }), [])
  assert.deepEqual(at(5, { a: 100 }), [])
  assert.deepEqual(at(6, { a: 300 }), [])
  assert.deepEqual(at(10.9, { a: 120 }), [])
  assert.deepEqual(firing(), [])
  assert.deepEqual(at(11, { a: 120 }), ['+subject a 120'])
  at(12, { a: 0 })
  assert.deepEqual(at(22, { a: 0 }), ['-subject a 0 16 300'])
})

test('who waits to fire and has no value any more is forgotten without a word', () => {
  const { at } = alertsOver100({ forNs: 5 * s, missing: 'isGood' })
  at(1, { a: 150 })
  assert.deepEqual(at(2, {}), [])
  assert.deepEqual(at(6, { a: 150 }), [])
})

test('no value may count as a good one: the alert ends after the same while', () => {
  const { at } = alertsOver100({ missing: 'isGood' })
  at(1, { a: 150 })
  assert.deepEqual(at(2, {}), [])
  assert.deepEqual(at(9, { a: 100 }), [])
  assert.deepEqual(at(10, {}), [])
  assert.deepEqual(at(19.9, {}), [])
  assert.deepEqual(at(20, {}), ['-subject a undefined 19 150'])
})

test('a threshold of nothing: only nothing is good', () => {
  const { at } = alertsOver100({ threshold: 0, missing: 'isGood' })
  assert.deepEqual(at(1, { a: 1 }), ['+subject a 1'])
  at(2, { a: 0 })
  at(3, { a: 1 })
  at(4, { a: 0 })
  assert.deepEqual(at(13, { a: 0 }), [])
  assert.deepEqual(at(14, { a: 0 }), ['-subject a 0 13 1'])
})

test('so many are followed; those beyond are counted, and come in when there is room', () => {
  const { at, beyond } = alertsOver100({ maxSubjects: 2 })
  assert.deepEqual(at(1, { a: 150, b: 150, c: 150, d: 150, e: 50 }), ['+subject a 150', '+subject b 150'])
  assert.equal(beyond(), 2)
  assert.deepEqual(at(2, { b: 150, c: 150 }), ['-subject a undefined 1 150', '+subject c 150'])
  assert.equal(beyond(), 0)
})
