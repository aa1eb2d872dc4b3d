import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBytes, parseByteSize } from './byte-size.ts'

test('sizes in powers of 1024', () => {
  const expected = {
    '65536': 65_536,
    '256K': 262_144,
    '256KiB': 262_144,
    '8M': 8_388_608,
    '1GB': 2 ** 30,
    '8m': 8_388_608,
  }
  for (const [text, bytes] of Object.entries(expected)) assert.equal(parseByteSize(text), bytes, text)
  for (const text of ['', 'K', '-1', '1.5M', '8T', '8 M', '9999999999999G'])
    assert.throws(() => parseByteSize(text), SyntaxError, text)
})

test('formatted in powers of 1000', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1234, '1.23 kB'],
    [12_345, '12.3 kB'],
    [999_600, '1.00 MB'],
    [5e15, '5.00 PB'],
  ]
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text)
})
