import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentMap } from './recent-map.ts'

test('of too many the one that was used longest ago is forgotten', () => {
  const map = new RecentMap<string, number>({ maxEntries: 2 })
  map.set('a', 1)
  map.set('b', 2)
  map.get('a')
  map.set('c', 3)
  assert.deepEqual([map.get('a'), map.get('b'), map.get('c')], [1, undefined, 3])
})

test('what was not used for long is forgotten when something else comes', () => {
  let nowMs = 0
  const map = new RecentMap<string, number>({ maxEntries: 100, keptMs: 10, now: () => nowMs })
  map.set('a', 1)
  map.set('b', 2)
  nowMs = 8
  map.get('a')
  nowMs = 11
  map.set('c', 3)
  assert.deepEqual([...map.values()], [1, 3])
})

test('what is set again is one entry, with the last value', () => {
  const map = new RecentMap<string, number>({ maxEntries: 100 })
  map.set('a', 1)
  map.set('a', 2)
  assert.deepEqual([...map.values()], [2])
})
