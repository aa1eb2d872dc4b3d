import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FleetMeasure, FleetReading, Outlier } from '../model/fleet.ts'
import { drillDownOf } from './drill-down.ts'

function outlier(name: string, measure: FleetMeasure | undefined): Outlier {
  const member = { name, status: 'reporting', lastUnixMs: undefined, values: {}, causes: [] } as const
  return { member, sentence: '', measure, value: 1, norm: undefined, score: 9 }
}

const byHost: FleetReading = {
  by: 'host',
  kind: 'prometheus',
  source: '',
  unixMs: 1_000_000,
  spanMs: 300_000,
  members: [],
  warnings: [],
}
const byService: FleetReading = { ...byHost, by: 'service' }

test('of a host: what shows it there, now and then, and its dashboard', () => {
  assert.deepEqual(drillDownOf(outlier('edge-07', 'timeWait'), byHost, new URL('https://grafana/sub/?orgId=2')), {
    where: 'edge-07',
    commands: ['wirelag states --by service --state time-wait', 'wirelag why --last 5m'],
    here: undefined,
    url: 'https://grafana/sub/d/wirelag-host?orgId=2&var-host=edge-07&from=700000&to=1000000',
  })
})

test('of a host that reports nothing, and of findings', () => {
  assert.deepEqual(drillDownOf(outlier('a', undefined), byHost, undefined).commands, ['systemctl status wirelag'])
  assert.deepEqual(drillDownOf(outlier('a', 'findings'), byHost, undefined).commands, ['wirelag why --last 5m'])
})

test('of a service, whose name may be anything', () => {
  assert.deepEqual(drillDownOf(outlier("it's", 'sendP95Ms'), byService, undefined), {
    where: 'its hosts',
    commands: [`wirelag send --by service --service 'it'\\''s'`, 'wirelag why --last 5m'],
    here: undefined,
    url: undefined,
  })
})

test('from the records of all hosts it is said here', () => {
  const { here } = drillDownOf(
    outlier('edge-07', undefined),
    { ...byHost, kind: 'records', source: 'clickhouse://db/wirelag', spanMs: 3_600_000 },
    undefined,
  )
  assert.equal(here, 'wirelag why --last 1h --on edge-07 --store clickhouse://db/wirelag')
})
