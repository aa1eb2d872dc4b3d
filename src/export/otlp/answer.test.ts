import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeAnswer, decodeRetryDelayMs } from './answer.ts'
import { ProtobufWriter } from './protobuf-writer.ts'

function encode(write: (writer: ProtobufWriter) => void): Uint8Array {
  const writer = new ProtobufWriter()
  write(writer)
  return writer.finish()
}

test('all was taken', () => {
  assert.deepEqual(decodeAnswer(new Uint8Array()), { rejected: 0, message: '' })
})

test('a part was rejected', () => {
  const bytes = encode((writer) =>
    writer.writeMessage(1, () => {
      writer.writeInteger(1, 300)
      writer.writeString(2, 'too old')
    }),
  )
  assert.deepEqual(decodeAnswer(bytes), { rejected: 300, message: 'too old' })
})

function status(type: string): Uint8Array {
  return encode((writer) => {
    writer.writeInteger(1, 8)
    writer.writeString(2, 'too many')
    writer.writeMessage(3, () => {
      writer.writeString(1, type)
      writer.writeMessage(2, () =>
        writer.writeMessage(1, () => {
          writer.writeInteger(1, 7)
          writer.writeInteger(2, 500_000_000)
        }),
      )
    })
  })
}

test('how long gRPC asks to wait', () => {
  assert.equal(decodeRetryDelayMs(status('type.googleapis.com/google.rpc.RetryInfo')), 7500)
  assert.equal(decodeRetryDelayMs(status('type.googleapis.com/google.rpc.QuotaFailure')), undefined)
  assert.equal(decodeRetryDelayMs(new Uint8Array()), undefined)
})
