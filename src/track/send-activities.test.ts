import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serviceAlone } from '../model/container.ts'
import type { EdgeActivity } from '../model/edge.ts'
import { blockedShare, type SendGrouping } from '../model/send-activity.ts'
import { noActivity } from './edge-activity.ts'
import { sendActivities } from './send-activities.ts'

function activityOf(pid: number | undefined, sendsNs: number[], protocol: 'tcp' | 'udp' = 'tcp'): EdgeActivity {
  const activity = noActivity({
    process:
      pid === undefined
        ? undefined
        : { pid, startNs: 7, comm: 'worker', identity: serviceAlone(pid < 10 ? 'small' : 'large') },
    protocol,
    role: 'any',
    peerAddress: undefined,
    port: undefined,
    netns: undefined,
  })
  for (const ns of sendsNs) activity.stages.send.record(ns)
  activity.counts.sentBytes = 100 * sendsNs.length
  activity.counts.sendBlockedNs = sendsNs.reduce((sum, ns) => sum + ns / 2, 0)
  activity.counts.wouldBlocks = 1
  activity.counts.zeroWindows = 2
  return activity
}

/** Processes up to 9 are of the service `small`. */
function rows(activities: readonly EdgeActivity[], grouping: SendGrouping): string[] {
  return sendActivities(activities, grouping).map(
    ({ process, service, protocol, processCount, histogram, bytes, wouldBlocks, zeroWindows }) =>
      `${process?.pid} ${service} ${protocol} ${processCount}: ${histogram.count} ${bytes} ${wouldBlocks} ${zeroWindows}`,
  )
}

const activities = [
  activityOf(1, [5e6, 5e6]),
  activityOf(2, [80e6]),
  activityOf(2, [9e6], 'udp'),
  activityOf(11, [20e6]),
  activityOf(3, []),
  activityOf(undefined, [1e6]),
]

test('by process: the worst p95 first, without those that did not send', () => {
  assert.deepEqual(rows(activities, 'process'), [
    '2 small tcp 1: 1 100 1 2',
    '11 large tcp 1: 1 100 1 2',
    '2 small udp 1: 1 100 1 2',
    '1 small tcp 1: 2 200 1 2',
    'undefined undefined tcp 0: 1 100 1 2',
  ])
})

test('by service: its processes are one', () => {
  assert.deepEqual(rows(activities, 'service'), [
    'undefined small tcp 2: 3 300 2 4',
    'undefined large tcp 1: 1 100 1 2',
    'undefined small udp 1: 1 100 1 2',
    'undefined undefined tcp 0: 1 100 1 2',
  ])
})

test('the share blocked is of the time in send calls', () => {
  const [row] = sendActivities([activityOf(1, [1000, 3000])], 'process')
  assert.equal(row && blockedShare(row), 0.5)
  assert.equal(row && blockedShare({ ...row, blockedNs: 5000 }), 1)
})
