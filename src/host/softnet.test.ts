import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSoftnet } from './softnet.ts'

test('5.10: 13 fields, summed over CPUs', () => {
  const text =
    '05de684b 00000002 00000003 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n' +
    'ffffffff 00000010 0000000a 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000003\n'
  assert.deepEqual(parseSoftnet(text), { processed: 0x05de684b + 0xffffffff, dropped: 18, squeezed: 13 })
})

test('6.18: 15 fields', () => {
  const text =
    '000000ff 00000001 00000003 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000007 00000008\n'
  assert.deepEqual(parseSoftnet(text), { processed: 255, dropped: 1, squeezed: 3 })
})

test('lines that are none count nothing', () => {
  assert.deepEqual(
    parseSoftnet('\nCPU\n00000001 00000001\nzzzzzzzz 00000001 00000001\n00000001 00000001 0000000100\n'),
    {
      processed: 0,
      dropped: 0,
      squeezed: 0,
    },
  )
})
