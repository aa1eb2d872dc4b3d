import assert from 'node:assert/strict'
import { test } from 'node:test'
import { protobufFields } from './protobuf-reader.ts'
import { ProtobufWriter } from './protobuf-writer.ts'

function hexOf(write: (writer: ProtobufWriter) => void): string {
  const writer = new ProtobufWriter()
  write(writer)
  return Buffer.from(writer.finish()).toString('hex')
}

test('as the examples of the encoding guide', () => {
  assert.equal(
    hexOf((writer) => writer.writeInteger(1, 150)),
    '089601',
  )
  assert.equal(
    hexOf((writer) => writer.writeString(2, 'testing')),
    '120774657374696e67',
  )
  assert.equal(
    hexOf((writer) => writer.writeMessage(3, () => writer.writeInteger(1, 150))),
    '1a03089601',
  )
  assert.equal(
    hexOf((writer) => writer.writePackedIntegers(6, [3, 270, 86_942])),
    '3206038e029ea705',
  )
})

test('numbers at their limits', () => {
  assert.equal(
    hexOf((writer) => writer.writeInteger(1, 0)),
    '0800',
  )
  assert.equal(
    hexOf((writer) => writer.writeInteger(1, Number.MAX_SAFE_INTEGER)),
    '08ffffffffffffff0f',
  )
  assert.equal(
    hexOf((writer) => writer.writeInteger(1, -2)),
    '08feffffffffffffffff01',
  )
  const zigzag = [0, -1, 1, -2, 0x7fffffff, -0x80000000].map((value) => hexOf((writer) => writer.writeSigned(1, value)))
  assert.deepEqual(zigzag, ['0800', '0801', '0802', '0803', '08feffffff0f', '08ffffffff0f'])
  assert.equal(
    hexOf((writer) => writer.writeFixed64(1, 2n ** 64n - 2n)),
    '09feffffffffffffff',
  )
  assert.equal(
    hexOf((writer) => writer.writeDouble(16, -0.5)),
    '8101000000000000e0bf',
  )
})

test('text is UTF-8, whatever it was', () => {
  assert.equal(
    hexOf((writer) => writer.writeString(1, 'µ😀\ud800')),
    `0a09${Buffer.from('µ😀\ufffd').toString('hex')}`,
  )
})

test('long messages in long messages come back as they went in', () => {
  const texts = Array.from({ length: 500 }, (_, i) => `${i}`.repeat(i))
  const writer = new ProtobufWriter()
  writer.writeMessage(1, () => {
    for (const text of texts) writer.writeMessage(2, () => writer.writeString(3, text))
    writer.writeBytes(4, new Uint8Array(300).fill(7))
  })
  const [outer = assert.fail(), ...more] = fieldsOf(writer.finish())
  assert.deepEqual(more, [])
  const inner = fieldsOf(outer.bytes)
  assert.deepEqual(
    inner.map(({ field }) => field),
    [...texts.map(() => 2), 4],
  )
  assert.deepEqual(
    inner.slice(0, -1).map(({ bytes }) => Buffer.from(fieldsOf(bytes)[0]?.bytes ?? []).toString()),
    texts,
  )
  assert.deepEqual(inner.at(-1)?.bytes, new Uint8Array(300).fill(7))
})

function fieldsOf(message: Uint8Array): { field: number; bytes: Uint8Array }[] {
  return [...protobufFields(message)].map((field) => ('bytes' in field ? field : assert.fail('a number')))
}

test('bytes that are no message', () => {
  for (const hex of ['08', '0880', '0a05', '0a', '0b', '0affffffffffffffffff01', '08ffffffffffffffffffff01'])
    assert.throws(() => [...protobufFields(Buffer.from(hex, 'hex'))], RangeError, hex)
})
