import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { localTime, parseMoment, parseTimeWindow, windowAround, windowText } from './moment.ts'

const zone = process.env['TZ']
before(() => void (process.env['TZ'] = 'Europe/Berlin'))
after(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

const at = (text: string): number => Date.parse(text)
/** 09:00 in Berlin. */
const now = at('2026-11-20T08:00:00Z')
const iso = (unixMs: number): string => new Date(unixMs).toISOString().replace('.000Z', 'Z')
const momentOf = (text: string, nowUnixMs = now): string => iso(parseMoment(text, nowUnixMs).unixMs)

test('a clock’s time is the last that has been, today or yesterday', () => {
  assert.equal(momentOf('03:17'), '2026-11-20T02:17:00Z')
  assert.equal(momentOf('3:17:20'), '2026-11-20T02:17:20Z')
  assert.equal(momentOf('03:17:20.5'), '2026-11-20T02:17:20.500Z')
  assert.equal(momentOf('09:00'), '2026-11-20T08:00:00Z')
  assert.equal(momentOf('09:01'), '2026-11-19T08:01:00Z')
  assert.equal(momentOf('23:59'), '2026-11-19T22:59:00Z')
})

test('dates, local or with a zone', () => {
  assert.equal(momentOf('2026-11-18T03:17'), '2026-11-18T02:17:00Z')
  assert.equal(momentOf('2026-07-18 03:17:05'), '2026-07-18T01:17:05Z')
  assert.equal(momentOf('2026-11-18T03:17Z'), '2026-11-18T03:17:00Z')
  assert.equal(momentOf('2026-11-18T03:17:09.125Z'), '2026-11-18T03:17:09.125Z')
  assert.equal(momentOf('2026-11-18T03:17:09-05:30'), '2026-11-18T08:47:09Z')
})

test('ago, and now', () => {
  assert.equal(momentOf('-15m'), '2026-11-20T07:45:00Z')
  assert.equal(momentOf('-1.5h'), '2026-11-20T06:30:00Z')
  assert.equal(momentOf('now'), '2026-11-20T08:00:00Z')
})

for (const text of [
  '',
  '3',
  '24:00',
  '03:60',
  '03:17:61',
  '2026-13-01T00:00',
  '2026-02-30T00:00',
  '2026-11-18T25:00Z',
  '-15',
  '--5m',
  '15m',
  'yesterday',
  '../etc',
])
  test(`'${text}' is refused`, () => {
    assert.throws(() => parseMoment(text, now), SyntaxError)
  })

test('where clocks are put forward the time that was left out is said', () => {
  const { unixMs, note } = parseMoment('2026-03-29T02:30', now)
  assert.equal(iso(unixMs), '2026-03-29T01:30:00Z')
  assert.equal(note, '2026-03-29T02:30 was left out as clocks were put forward: taken as 2026-03-29 03:30:00 UTC+02:00')
})

test('where clocks are put back the time that was there twice is said', () => {
  const { unixMs, note } = parseMoment('02:30', at('2026-10-25T08:00:00Z'))
  assert.equal(iso(unixMs), '2026-10-25T00:30:00Z')
  assert.equal(
    note,
    '02:30 was there twice as clocks were put back: taken as 2026-10-25 02:30:00 UTC+02:00, not 2026-10-25 02:30:00 UTC+01:00',
  )
  assert.equal(parseMoment('03:00', at('2026-10-25T08:00:00Z')).note, undefined)
})

const windowOf = (text: string, spanMs = 60_000): string[] => {
  const { fromUnixMs, toUnixMs } = parseTimeWindow(text, now, spanMs)
  return [iso(fromUnixMs), iso(toUnixMs)]
}

test('a minute is all of it, a second or a moment is in the middle', () => {
  assert.deepEqual(windowOf('03:17'), ['2026-11-20T02:17:00Z', '2026-11-20T02:18:00Z'])
  assert.deepEqual(windowOf('-15m'), ['2026-11-20T07:44:30Z', '2026-11-20T07:45:30Z'])
  assert.deepEqual(windowOf('03:17', 600_000), ['2026-11-20T02:12:30Z', '2026-11-20T02:22:30Z'])
})

test('nothing is of the future', () => {
  assert.deepEqual(windowOf('now'), ['2026-11-20T07:59:00Z', '2026-11-20T08:00:00Z'])
  assert.deepEqual(windowOf('09:00'), ['2026-11-20T07:59:00Z', '2026-11-20T08:00:00Z'])
  assert.deepEqual(windowOf('08:55..09:10'), ['2026-11-20T07:55:00Z', '2026-11-20T08:00:00Z'])
})

test('from one time to the next such time', () => {
  assert.deepEqual(windowOf('03:17..03:25'), ['2026-11-20T02:17:00Z', '2026-11-20T02:25:00Z'])
  assert.deepEqual(windowOf('23:00..01:00'), ['2026-11-19T22:00:00Z', '2026-11-20T00:00:00Z'])
  assert.deepEqual(windowOf('-1h..-15m'), ['2026-11-20T07:00:00Z', '2026-11-20T07:45:00Z'])
  assert.deepEqual(windowOf('2026-11-18T03:00..04:00'), ['2026-11-18T02:00:00Z', '2026-11-18T03:00:00Z'])
  for (const text of ['-5m..-15m', '1:00..2:00..3:00', '..03:00', '03:00..', '2026-11-18T03:00..2026-11-17T03:00'])
    assert.throws(() => parseTimeWindow(text, now, 60_000), SyntaxError, text)
})

test('what was left out or there twice is said of a window too', () => {
  const window = windowAround(parseMoment('2026-10-25T02:30', now), 60_000, now)
  assert.match(window.notes.join(' '), /twice/)
  assert.equal(windowText(window), '2026-10-25 02:30:00 to 02:31:00 UTC+02:00')
})

test('windows as text', () => {
  const text = (from: string, to: string): string => windowText({ fromUnixMs: at(from), toUnixMs: at(to) })
  assert.equal(
    text('2026-11-19T22:59:00Z', '2026-11-19T23:01:00Z'),
    '2026-11-19 23:59:00 to 2026-11-20 00:01:00 UTC+01:00',
  )
  assert.equal(
    text('2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'),
    '2026-10-25 02:30:00 UTC+02:00 to 2026-10-25 02:30:00 UTC+01:00',
  )
  process.env['TZ'] = 'UTC'
  assert.equal(localTime(0), '1970-01-01 00:00:00 UTC')
  process.env['TZ'] = 'Europe/Berlin'
})
