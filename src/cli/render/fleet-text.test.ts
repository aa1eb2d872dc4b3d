import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareFleet } from '../../fleet/comparison.ts'
import { drillDownOf } from '../../fleet/drill-down.ts'
import type { FleetMember, FleetReading } from '../../model/fleet.ts'
import { fleetTable } from './fleet-table.ts'
import { fleetText } from './fleet-text.ts'
import { noStyles } from './styles.ts'

function host(name: string, values: FleetMember['values'], status: FleetMember['status'] = 'reporting'): FleetMember {
  return { name, status, lastUnixMs: undefined, values, causes: [] }
}

const usual = { established: 100, timeWait: 410, sendP95Ms: 2, conntrackShare: 0.1, retransmitsPerS: 0.25 }
const reading: FleetReading = {
  by: 'host',
  kind: 'records',
  source: 'clickhouse://db/wirelag',
  unixMs: 1_000_000,
  spanMs: 300_000,
  members: [
    host('a', usual),
    host('b', { ...usual, sendP95Ms: 80 }),
    host('c\u001b[2J', { ...usual, timeWait: 23_014 }),
    host('d', usual),
    host('e', {}, 'silent'),
  ],
  warnings: [],
}
const comparison = compareFleet(reading)

function text(limit: number, columns: number): string[] {
  return fleetText(comparison, {
    limit,
    columns,
    styles: noStyles,
    drillDownOf: (outlier) => drillDownOf(outlier, reading, new URL('http://grafana')),
  })
}

test('who is out of line with what shows it, then all', () => {
  assert.deepEqual(text(20, Infinity), [
    '5 hosts, 1 silent; last 5 min 0 s of clickhouse://db/wirelag',
    '',
    '1. e: silent: it has stopped reporting',
    '   on e: systemctl status wirelag',
    '   here: wirelag why --last 5m --on e --store clickhouse://db/wirelag',
    '   http://grafana/d/wirelag-host?var-host=e&from=700000&to=1000000',
    '2. c\\x1b[2J: TIME_WAIT 23,014, fleet median 410',
    '   on c\\x1b[2J: wirelag states --by service --state time-wait; wirelag why --last 5m',
    "   here: wirelag why --last 5m --on 'c\\x1b[2J' --store clickhouse://db/wirelag",
    '   http://grafana/d/wirelag-host?var-host=c%1B%5B2J&from=700000&to=1000000',
    '3. b: send p95 80.0 ms, fleet median 2.00 ms',
    '   on b: wirelag send --by service; wirelag why --last 5m',
    '   here: wirelag why --last 5m --on b --store clickhouse://db/wirelag',
    '   http://grafana/d/wirelag-host?var-host=b&from=700000&to=1000000',
    '',
    'HOST      STATUS     OUT_OF_LINE  ESTABLISHED  TIME_WAIT  SEND_MS  CONNTRACK_%  RETR/S',
    'e         silent     NO_REPORT              -          -        -            -       -',
    'c\\x1b[2J  reporting  TIME_WAIT            100      23014    2.000         10.0   0.250',
    'b         reporting  SEND_MS              100        410     80.0         10.0   0.250',
    'a         reporting  -                    100        410    2.000         10.0   0.250',
    'd         reporting  -                    100        410    2.000         10.0   0.250',
    '(median)  -          -                    100        410    2.000         10.0   0.250',
  ])
})

test('no more than the limit, of outliers and of rows', () => {
  const lines = text(1, Infinity)
  assert.deepEqual(
    [lines.filter((line) => /^\d\./.test(line)).length, lines.includes('and 2 more (--limit shows more)')],
    [1, true],
  )
  assert.deepEqual(lines.at(-1), 'and 4 more hosts')
})

test('a narrow terminal gets the columns in which somebody is out of line', () => {
  const [header] = fleetTable(comparison, { isTerminal: true, limit: 9, columns: 56 })
  assert.equal(header, 'HOST      STATUS     OUT_OF_LINE  TIME_WAIT  SEND_MS')
  const narrowest = fleetTable(comparison, { isTerminal: true, limit: 9, columns: 10 })
  assert.equal(narrowest[0], 'HOST      STATUS     OUT_OF_LINE')
})

test('nobody out of line', () => {
  const alike = { ...reading, members: ['a', 'b', 'c', 'd'].map((name) => host(name, usual)) }
  const lines = fleetText(compareFleet(alike), {
    limit: 9,
    columns: 80,
    styles: noStyles,
    drillDownOf: () => assert.fail(),
  })
  assert.deepEqual(lines.slice(0, 4), [
    '4 hosts; last 5 min 0 s of clickhouse://db/wirelag',
    '',
    'Nobody is out of line.',
    '',
  ])
})
