import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHttpHeader } from './http-header.ts'

test('headers as curl takes them', () => {
  assert.deepEqual(parseHttpHeader('Authorization: Bearer a:b=='), ['Authorization', 'Bearer a:b=='])
  assert.deepEqual(parseHttpHeader('X-Scope-OrgID:7'), ['X-Scope-OrgID', '7'])
  assert.deepEqual(parseHttpHeader('x-empty:'), ['x-empty', ''])
})

test('what is none is refused, and not told', () => {
  for (const text of ['', 'secret', ': secret', 'a b: secret', 'a: secret\nb: c', 'a: \u0000secret'])
    assert.throws(
      () => parseHttpHeader(text),
      (error) => error instanceof SyntaxError && !error.message.includes('secret'),
      text,
    )
})
