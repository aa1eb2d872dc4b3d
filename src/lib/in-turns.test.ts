import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import { inTurns } from './in-turns.ts'

test('all are done, each once, never more than that many at once', async () => {
  const done: number[] = []
  let now = 0
  let most = 0
  await inTurns([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++now)
    await turn()
    now--
    done.push(item)
  })
  assert.deepEqual([done, most], [[1, 2, 3, 4, 5, 6, 7], 3])
})

test('what one throws is thrown', async () => {
  const work = async (item: number): Promise<void> => {
    if (item === 2) throw new Error('two')
  }
  await assert.rejects(inTurns([1, 2, 3], 2, work), { message: 'two' })
  await inTurns([], 2, work)
})
