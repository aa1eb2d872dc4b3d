import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InternTable } from './intern-table.ts'

function viewOf(...values: bigint[]): DataView {
  return new DataView(BigUint64Array.from(values).buffer)
}

test('each distinct 16 bytes are made once', () => {
  const made: string[] = []
  const table = new InternTable(10, (bytes) => {
    made.push(Buffer.from(bytes).toString('hex'))
    return made.length
  })
  const view = viewOf(1n, 2n, 1n, 3n)
  assert.deepEqual([table.read(view, 0), table.read(view, 16), table.read(view, 0), table.read(view, 16)], [1, 2, 1, 2])
})

test('values whose hashes collide are told apart', () => {
  const table = new InternTable(10, (bytes) => Buffer.from(bytes).readUInt32LE(0))
  // The first word is not multiplied, so a second word of 1 is undone by its factor in the first.
  const view = new DataView(Uint32Array.from([5, 0, 0, 0, 5 ^ 0x9e3779b1, 1, 0, 0]).buffer)
  assert.deepEqual([table.read(view, 0), table.read(view, 16), table.read(view, 0)], [5, (5 ^ 0x9e3779b1) >>> 0, 5])
})

test('it stays bounded', () => {
  let made = 0
  const table = new InternTable(100, () => ++made)
  for (let i = 0n; i < 1000n; i++) table.read(viewOf(i, 0n), 0)
  assert.equal(made, 1000)
  table.read(viewOf(999n, 0n), 0)
  assert.equal(made, 1000, 'the latest is still there')
})
