import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FleetMeasure, FleetMember, FleetReading } from '../model/fleet.ts'
import { compareFleet, madOf, medianOf, tooFewSentence } from './comparison.ts'

function host(name: string, values: FleetMember['values'] = {}, more: Partial<FleetMember> = {}): FleetMember {
  return { name, status: 'reporting', lastUnixMs: undefined, values, causes: [], ...more }
}

function reading(members: FleetMember[]): FleetReading {
  return { by: 'host', kind: 'prometheus', source: 'a test', unixMs: 0, spanMs: 300_000, members, warnings: [] }
}

/** `edge-01`, `edge-02` … with these values of one measure. */
function hosts(measure: FleetMeasure, values: readonly number[]): FleetMember[] {
  return values.map((value, i) => host(`edge-${String(i + 1).padStart(2, '0')}`, { [measure]: value }))
}

function sentences(members: FleetMember[], threshold?: number): string[] {
  return compareFleet(reading(members), threshold).outliers.map(({ sentence }) => sentence)
}

test('median and MAD', () => {
  assert.equal(medianOf([5]), 5)
  assert.equal(medianOf([9, 1, 4]), 4)
  assert.equal(medianOf([10, 2, 1, 4]), 3)
  assert.equal(madOf([1, 1, 2, 2, 4, 6, 9]), 1)
  assert.equal(madOf([7, 7, 7, 7, 100]), 0)
  assert.throws(() => medianOf([]), RangeError)
})

test('one of 21 is out of line, with value and median', () => {
  const values = Array.from({ length: 21 }, (_, i) => 399 + i)
  values[6] = 23_014
  const { outliers, norms } = compareFleet(reading(hosts('timeWait', values)))
  assert.deepEqual(
    outliers.map(({ sentence }) => sentence),
    ['edge-07: TIME_WAIT 23,014, fleet median 410'],
  )
  // A tenth of the median, 41, is more than 1.4826 times the MAD.
  assert.deepEqual(norms, [{ measure: 'timeWait', median: 410, mad: 6, members: 21, isTooFew: false }])
  assert.equal(outliers[0]?.score, (23_014 - 410) / 41)
})

test('what the fleet usually deviates by is its MAD where that is more', () => {
  const values = [100, 200, 300, 400, 500, 600, 700]
  // Median 400, MAD 200: 3.5 deviations are 1037.82.
  assert.deepEqual(sentences(hosts('timeWait', [...values.slice(0, 6), 1437])), [])
  assert.deepEqual(sentences(hosts('timeWait', [...values.slice(0, 6), 1438])), [
    'edge-07: TIME_WAIT 1,438, fleet median 400',
  ])
})

test('a MAD of 0: what matters counts, and a tenth of the median', () => {
  // 3.5 × 10 connections over a median of 0; 3.5 × 100 over one of 1,000.
  assert.deepEqual(sentences(hosts('closeWait', [0, 0, 0, 0, 35])), [])
  assert.deepEqual(sentences(hosts('closeWait', [0, 0, 0, 0, 36])), ['edge-05: CLOSE_WAIT 36, fleet median 0'])
  assert.deepEqual(sentences(hosts('timeWait', [1000, 1000, 1000, 1000, 1350])), [])
  assert.deepEqual(sentences(hosts('timeWait', [1000, 1000, 1000, 1000, 1351])), [
    'edge-05: TIME_WAIT 1,351, fleet median 1,000',
  ])
})

test('below the median only established connections are told', () => {
  assert.deepEqual(sentences(hosts('timeWait', [5000, 5000, 5000, 5000, 0])), [])
  assert.deepEqual(sentences(hosts('established', [500, 500, 500, 500, 0])), [
    'edge-05: ESTABLISHED 0, fleet median 500',
  ])
})

test('the threshold is the number of deviations', () => {
  const members = hosts('sendP95Ms', [2, 2, 2, 2, 7])
  assert.deepEqual(sentences(members), ['edge-05: send p95 7.00 ms, fleet median 2.00 ms'])
  assert.deepEqual(sentences(members, 10), [])
  assert.deepEqual(sentences(members, 9.99), ['edge-05: send p95 7.00 ms, fleet median 2.00 ms'])
})

test('ranked: who reports nothing, then by how far away; every measure in its unit', () => {
  const usual = { timeWait: 410, sendP95Ms: 2, conntrackShare: 0.1, listenOverflowsPerS: 0, findings: 0 }
  const members = [
    host('a', { ...usual, conntrackShare: 0.93 }),
    host('b', { ...usual, sendP95Ms: 80 }),
    host('c', { ...usual, timeWait: 23_014 }),
    host('d', { ...usual, listenOverflowsPerS: 0.5, findings: 2 }, { causes: ['slow-accept', 'time-wait-storm'] }),
    host('e', usual),
    host('f', usual),
    host('g', usual),
    host('h', {}, { status: 'silent', lastUnixMs: Date.UTC(2026, 0, 2, 3, 4, 5) }),
    host('i', {}, { status: 'down' }),
  ]
  assert.deepEqual(sentences(members), [
    'h: silent: it has stopped reporting; last heard of at 2026-01-02T03:04:05Z',
    'i: down: it does not answer Prometheus',
    'c: TIME_WAIT 23,014, fleet median 410',
    'b: send p95 80.0 ms, fleet median 2.00 ms',
    'd: listen overflows 0.500/s, fleet median 0/s',
    'a: conntrack table 93 %, fleet median 10 %',
    'd: findings 2 (slow-accept, time-wait-storm), fleet median 0',
  ])
})

test('three are too few, which is said; one that is down is told nevertheless', () => {
  const members = [...hosts('timeWait', [400, 410, 23_014]), host('x', {}, { status: 'down' })]
  const comparison = compareFleet(reading(members))
  assert.deepEqual(
    comparison.outliers.map(({ sentence }) => sentence),
    ['x: down: it does not answer Prometheus'],
  )
  assert.equal(tooFewSentence(comparison), '3 hosts in all: too few to say who is out of line (4 are needed)')
})

test('too few with one measure do not keep from comparing by the others', () => {
  const members = hosts('timeWait', [400, 400, 400, 23_014])
  members[0] = host('edge-01', { timeWait: 400, sendP95Ms: 90 })
  const comparison = compareFleet(reading(members))
  assert.deepEqual(
    comparison.outliers.map(({ sentence }) => sentence),
    ['edge-04: TIME_WAIT 23,014, fleet median 400'],
  )
  assert.equal(tooFewSentence(comparison), '1 host with send p95: too few to say who is out of line (4 are needed)')
})

test('an empty fleet', () => {
  const comparison = compareFleet(reading([]))
  assert.deepEqual([comparison.outliers, comparison.norms, tooFewSentence(comparison)], [[], [], undefined])
})
