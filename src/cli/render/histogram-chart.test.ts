import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogLinearHistogram } from '../../histogram/log-linear-histogram.ts'
import { histogramChart } from './histogram-chart.ts'

function histogramOf(...samples: [ms: number, count: number][]): LogLinearHistogram {
  const histogram = new LogLinearHistogram()
  for (const [ms, count] of samples) for (let i = 0; i < count; i++) histogram.record(ms * 1e6)
  return histogram
}

test('a bar for each quarter of an octave where there are lines, empty ones between', () => {
  assert.deepEqual(histogramChart(histogramOf([1.1, 8], [1.4, 3], [2.2, 1]), 40, 12), [
    ' 1.049 -  1.311  8 █████████████████████',
    ' 1.311 -  1.573  3 ███████▉',
    ' 1.573 -  1.835  0',
    ' 1.835 -  2.097  0',
    ' 2.097 -  2.621  1 ██▋',
  ])
})

test('fewer lines make longer spans: the same counts', () => {
  const histogram = histogramOf([0.0005, 1], [0.02, 40], [5, 2], [200, 100])
  assert.deepEqual(histogramChart(histogram, 40, 3), [
    ' 0.000 -  0.001    1 ▎',
    ' 0.001 -  67.11   42 ████████',
    ' 67.11 -         100 ███████████████████',
  ])
  const counts = (lines: number): number =>
    histogramChart(histogram, 80, lines).reduce((sum, line) => sum + Number(line.slice(15).trim().split(' ')[0]), 0)
  assert.deepEqual([3, 6, 12, 24, 200].map(counts), [143, 143, 143, 143, 143])
})

test('the ends of the scale', () => {
  assert.deepEqual(histogramChart(histogramOf([0, 1]), 24, 5), [' 0.000 -  0.001  1 █████'])
  assert.deepEqual(histogramChart(histogramOf([200_000, 1]), 24, 5), ['137439 -         1 █████'])
})

test('never more lines, never longer ones, than there is room for', () => {
  const all = histogramOf(...Array.from({ length: 38 }, (_, i): [number, number] => [2 ** i / 1e3, 10 ** (i % 7)]))
  for (const maxLines of [1, 2, 3, 5, 8, 13, 40]) {
    for (const width of [30, 40, 80, 120]) {
      const lines = histogramChart(all, width, maxLines)
      assert.ok(lines.length > 0 && lines.length <= maxLines, `${lines.length} of ${maxLines}`)
      assert.ok(lines.every((line) => line.length <= width))
    }
  }
})

test('nothing to draw, or no room', () => {
  assert.deepEqual(histogramChart(new LogLinearHistogram(), 40, 5), [])
  assert.deepEqual(histogramChart(histogramOf([1, 1]), 40, 0), [])
})
