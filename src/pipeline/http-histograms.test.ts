import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpHistograms, httpServiceOf, p95Query } from './http-histograms.ts'

function histogram(name: string): (typeof httpHistograms)[number] {
  return httpHistograms.find((one) => one.name === name)!
}

test('the p95 in milliseconds, by service, of enough requests', () => {
  const labels = 'exported_service, service, service_name, app, exported_job, job'
  assert.equal(
    p95Query(histogram('http_request_duration_seconds'), 60_000),
    `1000 * histogram_quantile(0.95, sum by (${labels}, le) (rate(http_request_duration_seconds_bucket[60s]))) ` +
      `and sum by (${labels}) (increase(http_request_duration_seconds_count[60s])) >= 10`,
  )
  assert.match(
    p95Query(histogram('envoy_cluster_upstream_rq_time'), 30_000),
    /^1 \* histogram_quantile\(0\.95, sum by \(envoy_cluster_name, .*\[30s\]/,
  )
})

test('what tells the service', () => {
  assert.equal(httpServiceOf({ job: 'node', service: 'checkout' }), 'checkout')
  assert.equal(httpServiceOf({ service: 'svc', exported_service: 'checkout@docker' }), 'checkout@docker')
  const { labels } = histogram('envoy_cluster_upstream_rq_time')
  assert.equal(httpServiceOf({ job: 'envoy', envoy_cluster_name: 'cart' }, labels), 'cart')
  assert.equal(httpServiceOf({ __name__: 'x', path: '/a', method: 'GET' }), '/a GET')
  assert.equal(httpServiceOf({}), 'all')
})
