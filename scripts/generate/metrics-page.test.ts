import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { MetricRegistry } from '../../src/pipeline/metrics/metric-registry.ts'
import { metricsPage } from './metrics-page.ts'

const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')

test('docs/metrics.md is what the code says: npm run generate', () => {
  assert.equal(page, metricsPage())
})

test('every metric stands in it once', () => {
  const { families } = new MetricRegistry({ host: 'h', version: '1' }).snapshot()
  for (const { name } of families) assert.equal(page.split(`| \`${name}\` |`).length, 2, name)
})
