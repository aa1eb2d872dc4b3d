import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compactCount, compactMs, compactRate } from './compact-number.ts'

test('milliseconds in six characters', () => {
  const ns = [
    undefined,
    0,
    999,
    12_345,
    9_999_499,
    9_999_500,
    99_994_999,
    99_995_000,
    999_949_999,
    999_950_000,
    137.4e9,
  ]
  assert.deepEqual(
    ns.map((value) => compactMs(value)),
    ['-', '0.000', '0.001', '0.012', '9.999', '10.00', '99.99', '100.0', '999.9', '1000', '137400'],
  )
})

test('counts in four characters', () => {
  assert.deepEqual(
    [0, 9999, 10_000, 99_949, 999_499, 999_500, 1_240_000, 34_000_000, 7e9].map((count) => compactCount(count)),
    ['0', '9999', '10k', '100k', '999k', '1.0M', '1.2M', '34M', '7.0G'],
  )
})

test('rates in five characters', () => {
  assert.deepEqual(
    [0, 0.1, 9.994, 9.995, 99.94, 99.95, 999.4, 999.5, 12_340, 4.6e6].map((rate) => compactRate(rate)),
    ['0', '0.10', '9.99', '10.0', '99.9', '100', '999', '1.0k', '12k', '4.6M'],
  )
})
