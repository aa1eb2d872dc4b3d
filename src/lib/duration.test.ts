import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration, parseDurationNs } from './duration.ts'

test('durations with every unit', () => {
  const expected = { '7ns': 7, '200us': 200e3, '200µs': 200e3, '5ms': 5e6, '1.5s': 1.5e9, '10m': 600e9, '2h': 7200e9 }
  for (const [text, ns] of Object.entries(expected)) assert.equal(parseDurationNs(text), ns, text)
})

test('what is no duration is refused', () => {
  for (const text of ['', '5', 'ms', '-5ms', '0s', '5 ms', '1e3ms', '5MS', '.5s', '9999999999h', '0.1ns'])
    assert.throws(() => parseDurationNs(text), SyntaxError, text)
})

test('formatted with three or four digits', () => {
  const cases: [number, string][] = [
    [0, '0 ns'],
    [999, '999 ns'],
    [1_000, '1.0 µs'],
    [999_940, '999.9 µs'],
    [999_960, '1.000 ms'],
    [5_123_456, '5.123 ms'],
    [12_345_678, '12.3 ms'],
    [1_234_567_890, '1.235 s'],
    [59_940_000_000, '59.9 s'],
    [59_960_000_000, '1 min 0 s'],
    [3_599_600_000_000, '1 h 0 min'],
    [7_800_000_000_000, '2 h 10 min'],
  ]
  for (const [ns, text] of cases) assert.equal(formatDuration(ns), text)
})
