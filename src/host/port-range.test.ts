import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePortRange } from './port-range.ts'

test('a range, and how many ports of it are reserved', () => {
  assert.deepEqual(parsePortRange('32768\t60999\n', '\n'), { low: 32_768, high: 60_999, reserved: 0 })
  // 40000, 40010 to 40019, 60995 to 60999: others are outside.
  assert.deepEqual(parsePortRange('32768\t60999\n', '8080,32700,40000,40010-40019,60995-61010,65535\n'), {
    low: 32_768,
    high: 60_999,
    reserved: 16,
  })
  assert.deepEqual(parsePortRange('50000\t50003\n', '1-65535\n')?.reserved, 4)
})

test('a text that is none', () => {
  for (const text of ['', '32768', '32768 x', '1 2 3']) assert.equal(parsePortRange(text, ''), undefined)
  assert.equal(parsePortRange('1 10', 'x,5-,-3')?.reserved, 0)
})
