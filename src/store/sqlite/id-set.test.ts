import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IdSet } from './id-set.ts'

test('it holds what was added, near and far', () => {
  const set = new IdSet(1000)
  for (const id of [1000, 1007, 1008, 99_999]) set.add(id)
  const asked = [1000, 1001, 1007, 1008, 1009, 99_998, 99_999, 100_000]
  assert.deepEqual(
    asked.filter((id) => set.has(id)),
    [1000, 1007, 1008, 99_999],
  )
})

test('what is outside of its span counts as in it: nobody forgets what it does not know', () => {
  const set = new IdSet(1000)
  set.add(999)
  set.add(1000 + (8 << 20))
  assert.deepEqual([set.has(999), set.has(1000 + (8 << 20)), set.has(999 + (8 << 20))], [true, true, false])
})
