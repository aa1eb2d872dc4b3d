import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { bodyDictionary } from './body-dictionary.ts'
import { packBody, unpackBody } from './body-text.ts'

const edge = JSON.stringify({
  protocol: 'tcp',
  role: 'client',
  peer: '10.0.0.2',
  port: 5432,
  counts: { sentBytes: 3_824_079 },
  stages: { pickup: [79_592, 28_943, 35, 2, 1, 1, 1, 7] },
})

test('what is packed is shorter, and unpacked it is the same', () => {
  const packed = packBody(edge)
  assert.ok(packed instanceof Uint8Array && packed.length < edge.length / 2, `${packed.length} of ${edge.length}`)
  assert.equal(unpackBody(packed), edge)
})

test('what is short stays a text', () => {
  assert.equal(packBody('{"count":1}'), '{"count":1}')
  assert.equal(unpackBody('{"count":1}'), '{"count":1}')
})

test('what was packed by earlier versions can still be unpacked', () => {
  assert.equal(
    crc32(bodyDictionary),
    2_100_986_574,
    'the dictionary is never changed: a better one gets a number of its own',
  )
})

test('what is packed in an unknown way is refused', () => {
  assert.throws(() => unpackBody(new Uint8Array([99, 1, 2])), RangeError)
})
