import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PendingEvent } from '../model/connection-event.ts'
import { PendingConnects } from './pending-connects.ts'

function pending(connectionId: number, timeNs: number): PendingEvent {
  const end = { address: '10.0.0.1', port: 80 }
  return {
    kind: 'pending',
    connectionId,
    timeNs,
    socket: { local: end, peer: end, ipVersion: 4, netns: 1 },
    owner: undefined,
    waitedNs: 0,
  }
}

test('each is told once, when it has waited longer than the threshold', () => {
  const connects = new PendingConnects(1000)
  connects.begin(pending(1, 0))
  connects.begin(pending(2, 500))
  assert.equal(connects.nextDueNs(), 1000)
  assert.deepEqual(connects.takeDue(1000), [])
  assert.deepEqual(
    connects.takeDue(1200).map(({ connectionId, waitedNs }) => [connectionId, waitedNs]),
    [[1, 1200]],
  )
  assert.equal(connects.nextDueNs(), 1500)
  assert.deepEqual(connects.takeDue(1200), [])
})

test('one that has ended is not told', () => {
  const connects = new PendingConnects(1000)
  connects.begin(pending(1, 0))
  connects.end(1)
  connects.end(99)
  assert.deepEqual([connects.nextDueNs(), connects.takeDue(5000)], [undefined, []])
})

test('beyond its bound a connect is counted, not kept', () => {
  const connects = new PendingConnects(1000, 2)
  for (const id of [1, 2, 3]) connects.begin(pending(id, 0))
  assert.equal(connects.unwatched, 1)
  assert.equal(connects.takeDue(2000).length, 2)
})
