import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choosePoints, signalStatus } from './hook-choice.ts'
import { pointsOf } from './probe-points.ts'

const none = new Map<string, string>()

test('nothing refused: every signal is on', () => {
  const choices = choosePoints(pointsOf(['connect', 'accept', 'close', 'pickup', 'command']), none, undefined)
  assert.ok(choices.every(({ hook }) => hook !== 'off'))
  for (const signal of ['connect', 'accept', 'close', 'pickup', 'command'] as const)
    assert.deepEqual([signalStatus(signal, choices).status, signalStatus(signal, choices).lost], ['on', []])
})

test('without an improving point a signal is degraded, and says what is lost', () => {
  const refused = new Map([['accept_call_exit', 'not permitted on this host']])
  const status = signalStatus('accept', choosePoints(pointsOf(['accept']), refused, undefined))
  assert.equal(status.status, 'degraded')
  assert.deepEqual(status.reasons, ['cannot watch the return of accept() (tracepoint: not permitted on this host)'])
  assert.equal(status.lost.length, 1)
})

test('without a required point a signal is off, and nothing else of it is told', () => {
  const refused = new Map([
    ['connection_state_tp', 'this kernel does not have it'],
    ['accept_call_exit', 'not permitted on this host'],
  ])
  const status = signalStatus('accept', choosePoints(pointsOf(['accept']), refused, undefined))
  assert.deepEqual([status.status, status.hooks, status.lost.length, status.reasons.length], ['off', [], 1, 1])
})

test('only allowed hooks are chosen; iterators are no hooks', () => {
  const choices = choosePoints(pointsOf(['connect']), none, new Set(['tracepoint']))
  const hookOf = (point: string): string | undefined => choices.find((choice) => choice.point === point)?.hook
  assert.deepEqual(
    [hookOf('connectionState'), hookOf('connectCall'), hookOf('existingSockets')],
    ['off', 'tracepoint', 'iterator'],
  )
})
