import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  choosePoints,
  keepsStateInHash,
  neededChoices,
  neededPrograms,
  signalStatus,
  withoutForgetting,
  withoutSignal,
} from './hook-choice.ts'
import { probePoints, type PointName } from './probe-points.ts'
import { pointsOf } from './probe-signals.ts'

const none = new Map<string, string>()

/** Every way to watch these points refused. */
function refusing(reason: string, ...points: PointName[]): Map<string, string> {
  return new Map(
    points.flatMap((point) => probePoints[point].variants.map(({ programs }) => [programs[0] ?? '', reason] as const)),
  )
}

test('nothing refused: every signal is on', () => {
  const choices = choosePoints(pointsOf(['connect', 'accept', 'close', 'pickup', 'command']), none, undefined)
  assert.ok(choices.every(({ hook }) => hook !== 'off'))
  for (const signal of ['connect', 'accept', 'close', 'pickup', 'command'] as const)
    assert.deepEqual([signalStatus(signal, choices).status, signalStatus(signal, choices).lost], ['on', []])
})

test('without an improving point a signal is degraded, and says what is lost', () => {
  const refused = refusing('not permitted on this host', 'acceptCall')
  const status = signalStatus('accept', choosePoints(pointsOf(['accept']), refused, undefined))
  assert.equal(status.status, 'degraded')
  assert.deepEqual(status.reasons, [
    'cannot watch the return of accept() (tracepoint: not permitted on this host; ' +
      'fentry: not permitted on this host; kprobe: not permitted on this host)',
  ])
  assert.equal(status.lost.length, 1)
})

test('without a required point a signal is off, and nothing else of it is told', () => {
  const refused = refusing('this kernel does not have it', 'connectionState', 'acceptCall')
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

test('a signal that is off needs none of its points; the end of sockets is of use to a hash only', () => {
  const refused = refusing('no', 'connectionState')
  const choices = choosePoints(pointsOf(['accept', 'pickup']), refused, undefined)
  const statuses = (['accept', 'pickup'] as const).map((signal) => signalStatus(signal, choices))
  const needed = neededChoices(choices, statuses)
  const names = (of: typeof choices): string[] => of.map(({ point }) => point)
  assert.deepEqual(names(needed), ['receiveQueued', 'receiveRead', 'existingSockets', 'receiveForgotten'])
  assert.deepEqual(names(withoutForgetting(needed)), ['receiveQueued', 'receiveRead', 'existingSockets'])
})

test('a way that loses something makes the signal degraded, without a point to blame', () => {
  const refused = new Map(
    ['pickup_queued_tp', 'pickup_queued_fentry', 'pickup_queued_kprobe'].map((name) => [name, 'no']),
  )
  const { status, hooks, reasons, lost } = signalStatus(
    'pickup',
    choosePoints(pointsOf(['pickup']), refused, undefined),
  )
  assert.deepEqual([status, hooks, reasons], ['degraded', ['tp_btf', 'iterator'], []])
  assert.deepEqual(lost, ['the wait of data that comes after this side has closed its own'])
})

test('one program watches what arrives for TCP and for UDP, and stays while one of them is on', () => {
  const signals = ['accept', 'pickup', 'udpPickup'] as const
  const all = choosePoints(pointsOf(signals), none, undefined)
  const statuses = signals.map((signal) => signalStatus(signal, all))
  const choices = neededChoices(all, statuses)
  const queuedBy = (of: ReturnType<typeof neededPrograms>): string[] =>
    [...of].filter((name) => /_(queued|read|first_use)_/.test(name)).toSorted()
  assert.deepEqual(queuedBy(neededPrograms(choices, statuses)), [
    'datagram_read_tp',
    'pickup_queued_tp',
    'pickup_read_tp',
  ])
  const withoutPickup = withoutSignal(statuses, 'pickup', 'too dear', choices)
  assert.deepEqual(queuedBy(neededPrograms(choices, withoutPickup)), ['datagram_read_tp', 'pickup_queued_tp'])
  assert.deepEqual(
    withoutPickup.map(({ signal, status, lost }) => [signal, status, lost.length]),
    [
      ['accept', 'degraded', 1],
      ['pickup', 'off', 1],
      ['udpPickup', 'on', 0],
    ],
  )
  const withoutBoth = withoutSignal(withoutPickup, 'udpPickup', 'too dear', choices)
  assert.deepEqual(queuedBy(neededPrograms(choices, withoutBoth)), [])
})

test('what sees only segments of TCP serves no datagrams', () => {
  const refused = new Map(
    ['pickup_queued_tp', 'pickup_queued_fentry', 'pickup_queued_kprobe'].map((name) => [name, 'no']),
  )
  const signals = ['pickup', 'udpPickup'] as const
  const all = choosePoints(pointsOf(signals), refused, undefined)
  const choices = neededChoices(
    all,
    signals.map((signal) => signalStatus(signal, all)),
  )
  const queued = choices.find(({ point }) => point === 'datagramQueued')
  assert.deepEqual(queued?.hook !== 'off' && queued?.programs, ['datagram_queued_tp'])
})

test('a kprobe that adds to histories has them, and the state with them, kept in a hash', () => {
  const choices = choosePoints(
    ['receiveRead', 'retransmit'],
    new Map([
      ['retransmit_tp', 'no'],
      ['retransmit_fentry', 'no'],
    ]),
    undefined,
  )
  assert.deepEqual(
    choices.map(({ point, hook }) => [point, hook]),
    [
      ['receiveRead', 'tp_btf'],
      ['retransmit', 'kprobe'],
    ],
  )
  assert.deepEqual([keepsStateInHash(choices, true), keepsStateInHash(choices, true, true)], [false, true])
})
