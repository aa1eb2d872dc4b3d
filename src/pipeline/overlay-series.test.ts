import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EdgeActivity } from '../model/edge.ts'
import type { StoredRecord } from '../model/record.ts'
import { recordsOf } from '../store/observation-records.ts'
import { activityOf, owner, stepOf } from '../store/step-examples.ts'
import { recordedSteps } from '../store/recorded-steps.ts'
import { overlayOf, overlayReport } from './overlay-series.ts'

const startUnixMs = 1_800_000_000_000

function http(step: number, p95Ms: number, spanMs = 10_000): StoredRecord {
  const names = { service: 'checkout', container: '', pod: '', namespace: '' }
  const timeUnixMs = startUnixMs + step * spanMs
  return {
    kind: 'http',
    host: 'edge-07',
    timeUnixMs,
    spanMs,
    key: 'checkout',
    ...names,
    body: { p95Ms, windowMs: 1000 },
  }
}

/** Ten reads of `web` from 10.0.0.2:5432 that waited so long. */
function reading(pickupNs: number): EdgeActivity {
  return activityOf(1000, Array.from<number>({ length: 10 }).fill(pickupNs))
}

function stepRecords(number: number, pickupNs: number, timeWait: number): StoredRecord[] {
  const states = [{ state: 'TIME_WAIT', owner, netns: 1, peer: undefined, before: 0, now: timeWait }]
  // Steps do not begin to the millisecond.
  const begin = startUnixMs + number * 10_000 - (number % 3)
  return recordsOf(stepOf({ edges: [reading(pickupNs)], states }, { startUnixMs: begin }))
}

test('series by step, of edges, states and counts; gaps where nothing was recorded', () => {
  const steps = [...stepRecords(0, 2e6, 7), ...stepRecords(1, 4e6, 9), ...stepRecords(3, 8e6, 0)]
  const overlay = overlayOf(recordedSteps(steps), [http(0, 20), http(3, 50)])
  assert.equal(overlay?.stepMs, 10_000)
  assert.deepEqual(overlay.http, [{ service: 'checkout', p95Ms: [20, undefined, undefined, 50], windowMs: 1000 }])
  const series = Object.fromEntries(overlay.host.map(({ name, points }) => [name, points]))
  assert.deepEqual(Object.keys(series).toSorted(), [
    'TIME_WAIT of web',
    'pickup p95 of web → 10.0.0.2:5432',
    'resets of web',
    'retransmits of web',
    'round trip of web → 10.0.0.2:5432',
  ])
  assert.deepEqual(series['TIME_WAIT of web'], [7, 9, undefined, 0])
  assert.deepEqual(series['retransmits of web'], [2, 2, undefined, 2])
  // The middle of a histogram's bucket, at most the longest.
  const pickups = series['pickup p95 of web → 10.0.0.2:5432']?.map((ms) => ms && Math.round(ms))
  assert.deepEqual(pickups, [2, 4, undefined, 8])
})

test('nothing of HTTP, or no step: nothing to tell', () => {
  assert.equal(overlayOf(recordedSteps(stepRecords(0, 1e6, 1)), []), undefined)
  assert.equal(overlayReport([], [http(0, 20)]), undefined)
})

test('the p95 of HTTP that follows what the records tell, 20 s later', () => {
  const isSlow = Array.from('010011010001110100101100011010010111001010', Number)
  const records = isSlow.flatMap((slow, i) => [
    ...stepRecords(i, slow ? 80e6 : 2e6, 5),
    http(i, (isSlow[i - 2] ? 300 : 20) + (i % 5)),
  ])
  const report = overlayReport(recordedSteps(records), records)
  assert.deepEqual(report?.unexplained, [])
  assert.deepEqual(
    report.findings.map(({ sentence }) => sentence),
    ['HTTP p95 of checkout follows pickup p95 of web → 10.0.0.2:5432 by 20 s (r = 1.00 over 40 steps)'],
  )
})
