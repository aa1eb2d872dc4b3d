import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { runPromtool } from '../../lab/prometheus.ts'
import { brokenCopy, checkoutFile, deployText, metricsIn, temporaryFolder } from './deploy-files.ts'
import { knownMetrics } from './known-metrics.ts'

const rules = ['recording-rules.yml', 'alerting-rules.yml'].map((name) => `prometheus/${name}`)

interface RuleFile {
  groups: { rules: { alert?: string; record?: string; expr: string }[] }[]
}

function rulesOf(path: string): RuleFile['groups'][number]['rules'] {
  return (parse(deployText(path)) as RuleFile).groups.flatMap((group) => group.rules)
}

test('the rules are right, and one that is not is refused', (t) => {
  const checked = runPromtool(['check', 'rules', ...rules.map((path) => checkoutFile(`deploy/${path}`))])
  assert.equal(checked.exitCode, 0, checked.output)
  const broken = brokenCopy(t, 'prometheus/alerting-rules.yml', 'absent(up{job="wirelag"})', 'absent(up{job="wirelag"}')
  assert.equal(runPromtool(['check', 'rules', broken]).exitCode, 1)
})

test('the example of a configuration is right, and one that is not is refused', (t) => {
  const checked = runPromtool(['check', 'config', checkoutFile('deploy/prometheus/prometheus.yml')])
  assert.equal(checked.exitCode, 0, checked.output)
  const broken = brokenCopy(t, 'prometheus/prometheus.yml', 'honor_labels', 'honour_labels')
  assert.equal(runPromtool(['check', 'config', broken]).exitCode, 1)
})

test('so is the one for Kubernetes', (t) => {
  // Debian's Prometheus knows nothing of Kubernetes; VictoriaMetrics reads the same.
  const program = checkoutFile('build/victoria-metrics/usr/bin/victoria-metrics')
  const check = (file: string): { status: number | null; stderr: string } =>
    spawnSync(program, ['-dryRun', `-promscrape.config=${file}`], { encoding: 'utf8' })
  const checked = check(checkoutFile('deploy/prometheus/kubernetes-scrape.yml'))
  assert.equal(checked.status, 0, checked.stderr)
  const broken = check(brokenCopy(t, 'prometheus/kubernetes-scrape.yml', 'relabel_configs', 'relabl_configs'))
  assert.notEqual(broken.status, 0)
  assert.match(broken.stderr, /field relabl_configs not found/)
})

test('each alert fires where it should, and not where it should not', (t) => {
  const file = checkoutFile('test/deploy/alerting-rules.yml')
  const tested = runPromtool(['test', 'rules', file])
  assert.equal(tested.exitCode, 0, tested.output)
  const spoilt = parse(deployText('../test/deploy/alerting-rules.yml').replace('901+0x20', '899+0x20')) as object
  const other = join(temporaryFolder(t), 'spoilt.yml')
  const ruleFiles = rules.map((path) => checkoutFile(`deploy/${path}`))
  writeFileSync(other, JSON.stringify({ ...spoilt, rule_files: ruleFiles }))
  assert.equal(runPromtool(['test', 'rules', other]).exitCode, 1)
})

test('no alert is without a test', () => {
  const tests = deployText('../test/deploy/alerting-rules.yml')
  const names = rulesOf('prometheus/alerting-rules.yml').map(({ alert }) => alert ?? '')
  assert.equal(names.length, 9)
  assert.deepEqual(
    names.filter((name) => !tests.includes(`{alertname="${name}"`)),
    [],
  )
})

test('the rules ask for what the agent tells', () => {
  const known = knownMetrics()
  const recorded = new Set(rulesOf('prometheus/recording-rules.yml').map(({ record }) => record))
  for (const path of rules)
    for (const { expr } of rulesOf(path)) {
      assert.deepEqual(
        metricsIn(expr).filter((name) => !known.has(name)),
        [],
        expr,
      )
      const used = expr.match(/\b[a-z_]+:\w+:\w+/g) ?? []
      assert.deepEqual(
        used.filter((name) => !recorded.has(name)),
        [],
        expr,
      )
    }
})
