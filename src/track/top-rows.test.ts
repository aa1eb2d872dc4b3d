import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serviceAlone } from '../model/container.ts'
import type { Edge, EdgeActivity } from '../model/edge.ts'
import type { TopColumnName, TopRow } from '../model/top-row.ts'
import { noActivity } from './edge-activity.ts'
import { rowsWithText, sortedRows, topRows } from './top-rows.ts'

interface Facts extends Partial<Edge> {
  pid?: number
  comm?: string
  pickupMs?: number
  failures?: number
}

function activityOf({ pid, comm = `p${pid}`, pickupMs, failures = 0, ...edge }: Facts): EdgeActivity {
  const activity = noActivity({
    process:
      pid === undefined
        ? undefined
        : { pid, startNs: 1, comm, identity: serviceAlone(comm === 'nginx' ? 'web' : 'cache') },
    protocol: 'tcp',
    role: pid === undefined ? 'any' : 'client',
    peerAddress: '10.0.0.1',
    port: 80,
    netns: 1,
    ...edge,
  })
  if (pickupMs !== undefined) activity.stages.pickup.record(pickupMs * 1e6)
  activity.counts.failures = failures
  return activity
}

const activities = [
  activityOf({ pid: 9, comm: 'nginx', role: 'server', port: 8080, pickupMs: 2, failures: 1 }),
  activityOf({ pid: 9, comm: 'nginx', port: 5432, pickupMs: 8 }),
  activityOf({ pid: 9, comm: 'nginx', protocol: 'udp', port: 53 }),
  activityOf({ pid: 10, comm: 'nginx', port: 5432, pickupMs: 5 }),
  activityOf({ pid: 11, comm: 'Redis', peerAddress: '2001:db8::7', failures: 4 }),
  activityOf({ failures: 2 }),
]

function gist(rows: readonly TopRow[]): string[] {
  return rows.map(
    ({ process, service, processes, activity }) =>
      `${process?.pid ?? '-'} ${service ?? 'others'} ${processes.size}: ${activity.stages.pickup.count} ${activity.counts.failures}`,
  )
}

test('a row for each process, its protocols and peers together', () => {
  const rows = topRows(activities, 'process')
  assert.deepEqual(gist(rows), ['9 web 1: 2 1', '10 web 1: 1 0', '11 cache 1: 0 4', '- others 0: 0 2'])
  assert.deepEqual([...rows[0]!.peers], ['from 10.0.0.1 on 8080', 'to 10.0.0.1:5432', 'udp to 10.0.0.1:53'])
})

test('a row for each service, with its processes', () => {
  assert.deepEqual(gist(topRows(activities, 'service')), ['- web 2: 3 1', '- cache 1: 0 4', '- others 0: 0 2'])
})

test('a row for each edge', () => {
  const rows = topRows(activities, 'edge')
  assert.equal(rows.length, 6)
  assert.equal(new Set(rows.map(({ key }) => key)).size, 6)
  assert.equal(rows[1]?.edge?.port, 5432)
})

test('the activities are left as they are', () => {
  topRows(activities, 'service')
  assert.equal(activities[0]?.stages.pickup.count, 1)
})

test('sorted by each kind of column, either way; rows without a value last', () => {
  const rows = topRows(activities, 'process')
  const order = (column: TopColumnName, isReversed: boolean): string =>
    sortedRows(rows, { column, isReversed })
      .map(({ process }) => process?.pid ?? 'others')
      .join(' ')
  assert.deepEqual(
    [
      order('pickup', false),
      order('pickup', true),
      order('failures', false),
      order('failures', true),
      order('pid', false),
      order('pid', true),
      order('comm', false),
    ],
    [
      '9 10 11 others',
      '10 9 11 others',
      '11 others 9 10',
      '10 9 others 11',
      '9 10 11 others',
      '11 10 9 others',
      '9 10 11 others',
    ],
  )
})

test('found by comm, service, pid and peer, in capitals or not', () => {
  const rows = topRows(activities, 'process')
  const found = (text: string): string =>
    rowsWithText(rows, text)
      .map(({ process }) => process?.pid ?? 'others')
      .join(' ')
  assert.deepEqual(
    ['', 'NGINX', 'redis', 'cache', '11', ':5432', 'db8::7', 'nothing'].map((text) => found(text)),
    ['9 10 11 others', '9 10', '11', '11', '11', '9 10', '11', ''],
  )
})

test('a hostile comm is found by what is shown of it', () => {
  const rows = topRows([activityOf({ pid: 1, comm: '\u001b[2J' })], 'process')
  assert.equal(rowsWithText(rows, '\\x1b[2J').length, 1)
})
