import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printable } from './printable.ts'

test('control characters, line breaks and direction marks are shown, not obeyed', () => {
  assert.equal(printable('nginx: worker'), 'nginx: worker')
  assert.equal(printable('\u001b[2J\u0007\r\n\t\u007f\u009b'), '\\x1b[2J\\x07\\x0d\\x0a\\x09\\x7f\\x9b')
  assert.equal(printable('a\u202eb\u2028c'), 'a\\u{202e}b\\u{2028}c')
  assert.equal(printable('größe-日本'), 'größe-日本')
})
