import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostPressure, parsePressure } from './pressure.ts'

test('5.10 has no full line of CPUs', () => {
  assert.deepEqual(parsePressure('some avg10=8.52 avg60=14.64 avg300=13.15 total=630228893\n'), {
    some: { avg10Percent: 8.52, totalUs: 630_228_893 },
    full: undefined,
  })
})

test('6.1 and later have both', () => {
  const text =
    'some avg10=100.00 avg60=0.53 avg300=0.53 total=45042672\nfull avg10=0.00 avg60=0.19 avg300=0.17 total=38500477\n'
  assert.deepEqual(parsePressure(text), {
    some: { avg10Percent: 100, totalUs: 45_042_672 },
    full: { avg10Percent: 0, totalUs: 38_500_477 },
  })
})

test('a text that is none, a kernel that has none', () => {
  for (const text of ['', 'some', 'some avg10=x avg60=0 avg300=0 total=1', 'some avg10=0.00 total=-1', 'some total=1'])
    assert.equal(parsePressure(text), undefined)
  assert.deepEqual(hostPressure('/nonexistent'), { cpu: undefined, memory: undefined, io: undefined })
})
