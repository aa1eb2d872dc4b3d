import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cause, Finding } from '../model/finding.ts'
import { FindingChanges } from './finding-changes.ts'

function finding(cause: Cause, pid: number, sentence = ''): Finding {
  const culprit = { pid, startNs: 1, comm: 'redis' }
  return { cause, culprit, sentence, sinceNs: 0, evidence: [], confidence: 1, weight: 1, confirm: '', advice: '' }
}

test('a finding is told when it comes, and when three diagnoses in a row lack it', () => {
  const changes = new FindingChanges()
  const slow = finding('slow-reader-busy', 1, 'first')
  assert.deepEqual(changes.update([slow], 1000), [{ change: 'found', finding: slow, sinceUnixMs: 1000 }])
  const again = finding('slow-reader-busy', 1, 'second')
  assert.deepEqual(changes.update([again], 2000), [])
  assert.deepEqual(changes.update([], 3000), [])
  assert.deepEqual(changes.update([], 4000), [])
  assert.deepEqual(changes.standing, [again])
  assert.deepEqual(changes.update([], 5000), [{ change: 'over', finding: again, sinceUnixMs: 1000 }])
  assert.deepEqual(changes.standing, [])
})

test('one that comes back before that has never been over', () => {
  const changes = new FindingChanges()
  const slow = finding('slow-reader-busy', 1)
  changes.update([slow], 1)
  changes.update([], 2)
  changes.update([], 3)
  assert.deepEqual(changes.update([slow], 4), [])
  assert.deepEqual(changes.update([], 5), [])
})

test('the same cause of two processes is two findings', () => {
  const changes = new FindingChanges()
  const found = changes.update([finding('slow-accept', 1), finding('slow-accept', 2)], 1)
  assert.deepEqual(
    found.map(({ finding: { culprit } }) => culprit?.pid),
    [1, 2],
  )
})
