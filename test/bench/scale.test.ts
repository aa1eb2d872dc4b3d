import assert from 'node:assert/strict'
import { test } from 'node:test'
import { largerFleet } from '../../bench/scale/larger-fleet.ts'
import { sampleSums, sumOf } from '../../bench/scale/sample-sums.ts'

test('a larger fleet: samples by series and interval, CPU by samples, memory by series', () => {
  const measured = {
    hosts: 1000,
    samplesPerSecond: 100_000,
    activeSeries: 1_500_000,
    cpuShare: 0.5,
    rssBytes: 2e9,
    bytesPerSample: 0.5,
  }
  assert.deepEqual(largerFleet(measured, 10_000, 30, 0.5), {
    activeSeries: 7_500_000,
    samplesPerSecond: 250_000,
    cpus: 1.25,
    rssBytes: 10e9,
    diskBytesPerDay: 10.8e9,
  })
})

test('samples of a page are summed by metric, and by a text in their labels', () => {
  const samples = sampleSums(
    '# TYPE rows gauge\nrows{type="storage/small"} 3\nrows{type="indexdb/file"} 4\nrows_more 9\n',
  )
  assert.equal(sumOf(samples, 'rows'), 7)
  assert.equal(sumOf(samples, 'rows', 'type="storage/'), 3)
  assert.equal(sumOf(samples, 'rows_more'), 9)
  assert.equal(sumOf(samples, 'absent'), 0)
})
