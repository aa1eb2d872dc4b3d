import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { runPromtool } from '../../lab/prometheus.ts'
import { dashboards, type Dashboard } from '../../scripts/generate/dashboards.ts'
import { checkoutFile, deployText, metricsIn, temporaryFolder } from './deploy-files.ts'
import { knownMetrics } from './known-metrics.ts'

const maxPanels = 13

/** Grafana's own types say what is wrong with a dashboard; '' if nothing. */
function typeErrors(t: TestContext, values: readonly unknown[]): string {
  // Within the checkout, where modules are found.
  mkdirSync(checkoutFile('build/tmp'), { recursive: true })
  const folder = mkdtempSync(checkoutFile('build/tmp/dashboard-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const lines = values.map((value, i) => `export const d${i}: Dashboard = ${JSON.stringify(value)}`)
  const head = "import type { Dashboard } from '../../../scripts/generate/dashboards.ts'"
  writeFileSync(join(folder, 'dashboards.ts'), [head, ...lines].join('\n'))
  const settings = {
    extends: checkoutFile('tsconfig.json'),
    compilerOptions: {},
    include: [],
    files: ['dashboards.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  const { status, stdout } = spawnSync(checkoutFile('node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' })
  return status === 0 ? '' : stdout
}

function queriesOf(dashboard: Dashboard): { expr: string; refId: string }[] {
  return (dashboard.panels ?? []).flatMap((panel) =>
    'targets' in panel ? (panel.targets as { expr: string; refId: string }[]) : [],
  )
}

/** With a value for each variable, as Grafana would put one. */
function substituted(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$httpFilter', 'code="200"')
    .replaceAll('$http', 'http_request_duration_seconds_bucket')
    .replaceAll(/\$(instance|service)\b/g, 'x')
}

function parsedBy(t: TestContext, expressions: readonly string[]): { exitCode: number; output: string } {
  const rules = expressions.map((expr, i) => ({ record: `dashboard:query:q${i}`, expr }))
  const file = join(temporaryFolder(t), 'queries.yml')
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules }] }))
  return runPromtool(['check', 'rules', file])
}

/** Names in expressions that no agent tells, and no rule records. */
function unknownNames(expressions: readonly string[]): string[] {
  const known = knownMetrics()
  const recorded = deployText('prometheus/recording-rules.yml')
  const text = expressions.join('\n')
  const records = [...new Set(text.match(/\b[a-z_]+:\w+:\w+/g))]
  return [
    ...metricsIn(text).filter((name) => !known.has(name)),
    ...records.filter((name) => !recorded.includes(`record: ${name}\n`)),
  ]
}

const files = Object.entries(dashboards())

test('the files are what scripts/generate makes', () => {
  assert.deepEqual(
    files.map(([name]) => name),
    ['wirelag-host.json', 'wirelag-service.json', 'wirelag-fleet.json'],
  )
  for (const [name, dashboard] of files) assert.deepEqual(JSON.parse(deployText(`grafana/${name}`)), dashboard, name)
})

test("Grafana's own types take them, and none that is broken", (t) => {
  const good = files.map(([name]) => JSON.parse(deployText(`grafana/${name}`)) as Dashboard)
  assert.equal(typeErrors(t, good), '')
  const [first] = good
  assert.match(typeErrors(t, [{ ...first, titel: 'misspelt' }]), /titel/)
  assert.match(
    typeErrors(t, [{ ...first, panels: [{ ...first?.panels?.[0], gridPos: { h: '8' } }] }]),
    /gridPos|'h'|string/,
  )
})

test('every query is PromQL, and asks for what there is', (t) => {
  const expressions = files.flatMap(([, dashboard]) => queriesOf(dashboard).map(({ expr }) => substituted(expr)))
  assert.equal(expressions.length, 55)
  assert.deepEqual(
    expressions.filter((expr) => expr.includes('$')),
    [],
  )
  const parsed = parsedBy(t, expressions)
  assert.equal(parsed.exitCode, 0, parsed.output)
  assert.equal(parsedBy(t, [...expressions, 'sum by (le (wirelag_series)']).exitCode, 1)
  assert.deepEqual(unknownNames(expressions), [])
  const invented = ['rate(wirelag_tcp_nothing_total[1m])', 'service:wirelag_nothing:p95_5m']
  assert.deepEqual(unknownNames([...expressions, ...invented]), [
    'wirelag_tcp_nothing_total',
    'service:wirelag_nothing:p95_5m',
  ])
})

test('panels are few, have a unit and a word, and do not overlap', () => {
  for (const [name, { panels = [], templating }] of files) {
    assert.ok(panels.length <= maxPanels, `${name}: ${panels.length}`)
    const variables = new Set(templating?.list?.map((variable) => variable.name))
    const cells = new Set<string>()
    for (const panel of panels) {
      assert.ok('targets' in panel && panel.fieldConfig?.defaults.unit && panel.description, panel.title)
      const refs = queriesOf({ panels: [panel] } as Dashboard).map(({ refId }) => refId)
      assert.equal(new Set(refs).size, refs.length)
      for (const { expr } of queriesOf({ panels: [panel] } as Dashboard))
        for (const [, used = ''] of expr.matchAll(/\$(?!__)(\w+)/g)) assert.ok(variables.has(used), `${name}: $${used}`)
      const { x = 0, y = 0, w = 0, h = 0 } = panel.gridPos ?? {}
      for (let column = x; column < x + w; column++)
        for (let row = y; row < y + h; row++) {
          assert.ok(column < 24 && !cells.has(`${column} ${row}`), panel.title)
          cells.add(`${column} ${row}`)
        }
    }
  }
})
