import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileText, namedNumbers } from './file-text.ts'

test('numbers by name: /proc/meminfo, /proc/vmstat, and lines that have none', () => {
  const text =
    'MemTotal:       24684096 kB\npswpin 12\nHugePages_Total:       0\nprotection: (0, 1)\nbroken\nnegative -1\n'
  assert.deepEqual(
    [...namedNumbers(text)],
    [
      ['MemTotal', 24_684_096],
      ['pswpin', 12],
      ['HugePages_Total', 0],
    ],
  )
})

test('a file that is not there has no text', () => {
  assert.equal(fileText('/nonexistent'), undefined)
})
