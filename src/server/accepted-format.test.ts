import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptedFormat, acceptsGzip } from './accepted-format.ts'

const cases: [accept: string | undefined, format: string][] = [
  [undefined, 'text'],
  ['*/*', 'text'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'text'],
  // Prometheus 2.42
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'openmetrics',
  ],
  ['text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.5', 'text'],
  ['application/openmetrics-text;q=0', 'text'],
  ['application/openmetrics-text;q=hello', 'text'],
  ['Application/OpenMetrics-Text; version=1.0.0', 'openmetrics'],
]

for (const [accept, format] of cases) {
  test(`Accept: ${accept} is answered with ${format}`, () => assert.equal(acceptedFormat(accept), format))
}

test('gzip is only sent to those who take it', () => {
  assert.deepEqual(
    [undefined, 'gzip', 'deflate, gzip;q=0.5', 'gzip;q=0', 'br'].map((header) => acceptsGzip(header)),
    [false, true, true, false, false],
  )
})
