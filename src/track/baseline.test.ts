import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isUnusual, normalText } from '../model/normal.ts'
import { baselineWindows, normalAt, type Sample } from './baseline.ts'

const zone = process.env['TZ']
before(() => void (process.env['TZ'] = 'Europe/Berlin'))
after(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

const minute = 60_000
const at = Date.parse('2026-11-20T02:17:00Z')
const iso = (unixMs: number): string => new Date(unixMs).toISOString().slice(0, 16)

/** Each ten minutes of the last so many days. */
function recorded(days: number, value: (unixMs: number) => number): Sample[] {
  const count = days * 144
  return Array.from({ length: count }, (_, i) => at - (i + 1) * 10 * minute).map((unixMs) => ({
    unixMs,
    value: value(unixMs),
  }))
}

test('windows are of the same time of day, also where clocks were changed between', () => {
  assert.deepEqual(
    baselineWindows(at)
      .slice(0, 2)
      .map(({ fromUnixMs, toUnixMs }) => [iso(fromUnixMs), iso(toUnixMs)]),
    [
      ['2026-11-19T01:47', '2026-11-19T02:47'],
      ['2026-11-18T01:47', '2026-11-18T02:47'],
    ],
  )
  const afterChange = Date.parse('2026-10-26T02:17:00Z')
  assert.deepEqual(
    baselineWindows(afterChange)
      .slice(0, 2)
      .map(({ fromUnixMs }) => iso(fromUnixMs)),
    ['2026-10-25T01:47', '2026-10-24T00:47'],
  )
})

test('median and spread are of this time of day, not of others', () => {
  const isNight = (unixMs: number): boolean => new Date(unixMs).getUTCHours() < 6
  const samples = recorded(3.5, (unixMs) => (isNight(unixMs) ? 5 : 400))
  assert.deepEqual(normalAt(samples, at), { median: 5, mad: 0, samples: 18, days: 3 })
  const spread = samples.map((sample, i) => ({ ...sample, value: sample.value + (i % 3) - 1 }))
  assert.deepEqual(normalAt(spread, at), { median: 5, mad: 1, samples: 18, days: 3 })
})

test('of less than a day nothing is known, and of today nothing is taken', () => {
  assert.equal(normalAt([], at), undefined)
  assert.equal(
    normalAt(
      recorded(0.9, () => 5),
      at,
    ),
    undefined,
  )
  assert.deepEqual(
    normalAt(
      recorded(1.1, () => 5),
      at,
    ),
    { median: 5, mad: 0, samples: 6, days: 1 },
  )
})

test('what is usual is not remarkable, what is far from it is', () => {
  const normal = { median: 5, mad: 1, samples: 18, days: 3 }
  assert.equal(isUnusual(45, normal), true)
  assert.equal(isUnusual(12, normal), false)
  assert.equal(isUnusual(45, { ...normal, mad: 20 }), false)
  assert.equal(isUnusual(900, { ...normal, median: 800 }), false)
  assert.equal(normalText(45, normal), "9 x this host's normal (median 5 at this time of day, of 3 days)")
  assert.equal(
    normalText(8, { ...normal, days: 1 }),
    "1.6 x this host's normal (median 5 at this time of day, of 1 day)",
  )
  assert.equal(normalText(45, { ...normal, median: 0 }), 'normally this host has none (at this time of day, of 3 days)')
})
