import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'
import { Prometheus } from '../../lab/prometheus.ts'
import { VictoriaMetrics } from '../../lab/victoria-metrics.ts'
import { Run, runToEnd } from '../cli/wirelag.ts'
import { SimulatedFleet, type SimulatedHost } from './simulated-fleet.ts'

/** `edge-01` to `edge-30`, alike but for some. */
const hosts: SimulatedHost[] = Array.from({ length: 30 }, (_, i) => ({
  name: `edge-${String(i + 1).padStart(2, '0')}`,
  timeWait: 410 + ((i % 3) - 1) * 5,
  sendP95Ms: 5,
  status: 'up',
  findings: [],
}))

function host(name: string): SimulatedHost {
  return hosts.find((one) => one.name === name)!
}

Object.assign(host('edge-07'), { timeWait: 23_014 })
Object.assign(host('edge-12'), { status: 'down' })
Object.assign(host('edge-21'), { sendP95Ms: 80 })
Object.assign(host('edge-25'), { findings: ['close-wait-leak', 'slow-accept'] })

const reportingHosts = 28
let fleet: SimulatedFleet
let prometheus: Prometheus
let victoria: VictoriaMetrics
let victoriaFolder: string

before(async () => {
  fleet = await SimulatedFleet.start(hosts)
  prometheus = await Prometheus.start({ targets: [], scrape: fleet.scrapeConfig })
  victoriaFolder = mkdtempSync(join(tmpdir(), 'wirelag-fleet-'))
  // JSON is YAML.
  writeFileSync(join(victoriaFolder, 'scrape.yml'), JSON.stringify({ scrape_configs: [fleet.scrapeConfig] }))
  victoria = await VictoriaMetrics.start([`-promscrape.config=${victoriaFolder}/scrape.yml`])
  await untilCount('wirelag_build_info', 29)
  // Whether a host was there is known every 5 s.
  await untilCount('max_over_time(timestamp(wirelag_build_info{instance="edge-20:9474"})[1m:5s])', 1)
  host('edge-20').status = 'silent'
  await untilCount('wirelag_build_info', reportingHosts)
  const calls = 'wirelag_tcp_send_block_duration_seconds_count{service="mail",instance!="edge-20:9474"}'
  await untilCount(`rate(${calls}[10s])`, reportingHosts)
})

after(async () => {
  await victoria?.[Symbol.asyncDispose]()
  await prometheus?.[Symbol.asyncDispose]()
  await fleet?.[Symbol.asyncDispose]()
  if (victoriaFolder) rmSync(victoriaFolder, { recursive: true })
})

/** Until an expression gives so many series, in both stores. */
async function untilCount(query: string, count: number): Promise<void> {
  const deadlineMs = Date.now() + 60_000
  for (const url of [prometheus.url, victoria.url]) {
    for (;;) {
      const response = await fetch(`${url}/api/v1/query?nocache=1&query=${encodeURIComponent(query)}`)
      const { data } = (await response.json()) as { data: { result: unknown[] } }
      if (data.result.length === count) break
      assert.ok(Date.now() < deadlineMs, `${query} gives ${data.result.length}, not ${count}, at ${url}`)
      await sleep(100)
    }
  }
}

interface JsonLine {
  kind: string
  sentence: string
  host: string
  status: string
  values: Record<string, number>
  [name: string]: unknown
}

async function jsonOf(...args: string[]): Promise<{ exitCode: number | null; lines: JsonLine[]; stderr: string }> {
  const { exitCode, stdout, stderr } = await runToEnd(['fleet', '--last', '10s', '--json', ...args])
  const lines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonLine)
  return { exitCode, lines, stderr }
}

const sentences = [
  /^edge-12: down: it does not answer Prometheus$/,
  /^edge-20: silent: it has stopped reporting; last heard of at 20\d\d-/,
  /^edge-07: TIME_WAIT 23,014, fleet median 410$/,
  /^edge-21: send p95 80\.0 ms, fleet median 5\.00 ms$/,
  /^edge-25: findings 2 \(close-wait-leak, slow-accept\), fleet median 0$/,
]

for (const name of ['Prometheus', 'VictoriaMetrics']) {
  test(`${name}: who is out of line comes first; exit code 3`, async () => {
    const { url } = name === 'Prometheus' ? prometheus : victoria
    const { exitCode, lines, stderr } = await jsonOf('--prometheus', url)
    assert.deepEqual([exitCode, stderr], [3, ''])
    const outliers = lines.filter(({ kind }) => kind === 'outlier')
    assert.equal(outliers.length, sentences.length, JSON.stringify(outliers))
    for (const [i, sentence] of sentences.entries()) assert.match(outliers[i]!.sentence, sentence)
    const members = lines.filter(({ kind }) => kind === 'member')
    assert.deepEqual(
      members.map((member) => [member.host, member.status]),
      hosts.map((one) => [one.name, one.status === 'up' ? 'reporting' : one.status]),
    )
    const { values } = members.find((member) => member.host === 'edge-01')!
    assert.deepEqual(
      [values['established'], values['timeWait'], values['closeWait'], values['conntrackShare'], values['findings']],
      [100, 405, 40, 26_214 / 262_144, 0],
    )
    assert.ok(Math.abs(values['sendP95Ms']! - 5) < 0.01)
    assert.ok(values['retransmitsPerS']! > 0)
    const { warnings, outliers: count, reporting } = lines.at(-1)!
    assert.deepEqual([warnings, count, reporting], [[], 5, reportingHosts])
  })
}

test('a store of two parts, of which one does not answer: what there is, and a warning', async () => {
  await using front = await Prometheus.start({ targets: [], remoteReads: [prometheus.url, 'http://127.0.0.1:9'] })
  const { exitCode, lines } = await jsonOf('--prometheus', front.url)
  assert.deepEqual([exitCode, lines.filter(({ kind }) => kind === 'member').length], [3, hosts.length])
  const { warnings } = lines.at(-1) as unknown as { warnings: string[] }
  assert.ok(warnings.length > 0)
  for (const warning of warnings) assert.ok(warning.startsWith(`${front.url} warns: `), warning)
  const piped = await runToEnd(['fleet', '--last', '10s', '--prometheus', front.url])
  assert.match(piped.stderr, /^wirelag: http:\S+ warns: .*127\.0\.0\.1:9\b/m)
})

test('by service: one that does not close', async () => {
  const { exitCode, lines } = await jsonOf('--prometheus', prometheus.url, '--by', 'service')
  assert.deepEqual(
    [exitCode, lines.filter(({ kind }) => kind === 'outlier').map(({ sentence }) => sentence)],
    [3, ['mail: CLOSE_WAIT 1,120, fleet median 0']],
  )
  assert.deepEqual(
    lines.filter(({ kind }) => kind === 'member').map(({ service }) => service),
    ['cart', 'checkout', 'mail', 'pay', 'search'],
  )
})

test('piped: a row for each, tab-separated, who is out of line first, the medians last', async () => {
  const { exitCode, stdout } = await runToEnd(['fleet', '--last', '10s', '--prometheus', prometheus.url])
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
  assert.equal(exitCode, 3)
  assert.deepEqual(rows[0]?.slice(0, 5), ['HOST', 'STATUS', 'OUT_OF_LINE', 'ESTABLISHED', 'SYN_SENT'])
  assert.deepEqual(
    rows.slice(1, 7).map((row) => row.slice(0, 3)),
    [
      ['edge-12', 'down', 'NO_REPORT'],
      ['edge-20', 'silent', 'NO_REPORT'],
      ['edge-07', 'reporting', 'TIME_WAIT'],
      ['edge-21', 'reporting', 'SEND_MS'],
      ['edge-25', 'reporting', 'FINDINGS'],
      ['edge-01', 'reporting', '-'],
    ],
  )
  assert.equal(rows.length, hosts.length + 2)
  assert.deepEqual(rows.at(-1)?.slice(0, 4), ['(median)', '-', '-', '100'])
})

test('a threshold that nobody passes, and --limit', async () => {
  const { exitCode, stdout } = await runToEnd([
    'fleet',
    '--last',
    '10s',
    '--prometheus',
    prometheus.url,
    '--threshold',
    '100000',
    '--limit',
    '3',
  ])
  const names = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0])
  // Who reports nothing is beyond any threshold.
  assert.deepEqual([exitCode, names], [3, ['HOST', 'edge-12', 'edge-20', 'edge-01', '(median)']])
})

test('--watch goes on while the store is away, and ends with what it read last', async () => {
  using run = new Run([
    'fleet',
    '--watch',
    '--interval',
    '200ms',
    '--last',
    '10s',
    '--json',
    '--prometheus',
    victoria.url,
  ])
  const readings = (): number => run.stdout.split('"kind":"fleet"').length - 1
  await run.until(() => readings() >= 2)
  await victoria.kill()
  await run.until(({ stderr }) => stderr.includes(`wirelag: ${victoria.url} does not answer: ECONNREFUSED\n`))
  await victoria.startAgain()
  const untilNow = readings()
  await run.until(() => readings() > untilNow)
  run.kill('SIGINT')
  const { exitCode, stderr } = await run.ended()
  assert.deepEqual([exitCode, stderr.includes('fault')], [3, false])
})
