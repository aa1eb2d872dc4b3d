import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingsQuery, fleetQueries, knownQuery, reportingQuery } from '../../src/fleet/fleet-queries.ts'
import { fleetGroupings } from '../../src/model/fleet.ts'
import { edgeMetrics, hostMetrics, type MetricDefinition } from '../../src/pipeline/metrics/metric-definitions.ts'

const definitions: readonly MetricDefinition[] = [...Object.values(edgeMetrics), ...Object.values(hostMetrics)]

test('what fleet asks for is what agents tell', () => {
  const queries = fleetGroupings.flatMap((by) => [
    ...fleetQueries(by, 300_000).map(({ query }) => query),
    findingsQuery(by),
    reportingQuery(by),
    knownQuery,
  ])
  const asked = new Set(queries.flatMap((query) => query.match(/wirelag_\w+/g) ?? []))
  assert.equal(asked.size, 21)
  for (const name of asked) {
    const definition = definitions.find((one) => one.name === name.replace(/_seconds_(bucket|count)$/, '_seconds'))
    assert.ok(definition, `${name} is not told`)
    assert.equal(definition.type === 'histogram', /_seconds_(bucket|count)$/.test(name), name)
    assert.equal(definition.type === 'counter', name.endsWith('_total'), name)
  }
})

test('by labels that they have', () => {
  assert.ok(hostMetrics.buildInfo.labels.includes('host'))
  assert.ok(hostMetrics.findings.labels.includes('cause'))
  for (const label of ['state', 'service'] as const) assert.ok(edgeMetrics.tcpConnections.labels.includes(label))
  assert.ok(edgeMetrics.tcpSendBlock.labels.includes('service'))
})
