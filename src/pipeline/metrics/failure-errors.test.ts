import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FailureErrors } from './failure-errors.ts'
import { ownerSubject } from './subject.ts'

const web = ownerSubject({ comm: 'web' })
const api = ownerSubject({ comm: 'api' })

function gist(failures: FailureErrors): string[] {
  return failures.settle().map(({ subject, error, count }) => `${subject.labels['service']} ${error} ${count}`)
}

test('failures get the errno that was told, each only once', () => {
  const failures = new FailureErrors()
  failures.count(web.key, web, 2)
  failures.count(web.key, web, 1)
  failures.count(api.key, api, 4)
  failures.tell(web.key, 'ECONNREFUSED', 2)
  failures.tell(web.key, 'ETIMEDOUT', 1)
  failures.tell(api.key, 'ECONNREFUSED', 4)
  assert.deepEqual(gist(failures), ['web ECONNREFUSED 2', 'web ETIMEDOUT 1', 'api ECONNREFUSED 4'])
  assert.deepEqual(gist(failures), [])
})

test('what was counted at the end of one step is told in the next, and the other way round', () => {
  const failures = new FailureErrors()
  failures.count(web.key, web, 1)
  failures.tell(api.key, 'ECONNREFUSED', 3)
  assert.deepEqual(gist(failures), [])
  failures.tell(web.key, 'EHOSTUNREACH', 1)
  failures.count(api.key, api, 3)
  assert.deepEqual(gist(failures), ['web EHOSTUNREACH 1', 'api ECONNREFUSED 3'])
})

test('what nobody tells is unknown after another step; what nobody counted is forgotten', () => {
  const failures = new FailureErrors()
  failures.count(web.key, web, 5)
  failures.tell(web.key, 'ECONNREFUSED', 2)
  failures.tell(api.key, 'ECONNREFUSED', 9)
  assert.deepEqual(gist(failures), ['web ECONNREFUSED 2'])
  failures.count(web.key, web, 1)
  assert.deepEqual(gist(failures), ['web unknown 3'])
  failures.count(api.key, api, 2)
  assert.deepEqual(gist(failures), ['web unknown 1'])
  assert.deepEqual(gist(failures), ['api unknown 2'])
})

test('it keeps no more than 4,096 subjects', () => {
  const failures = new FailureErrors()
  const taken = Array.from({ length: 5000 }, (_, i) => failures.count(`s${i}`, web, 1))
  assert.equal(taken.filter(Boolean).length, 4096)
})
