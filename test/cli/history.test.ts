import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { faultOf } from '../../lab/faults/catalogue.ts'
import type { Participant } from '../../lab/faults/fault.ts'
import { diagnosisRun, type DiagnosisRunResult } from '../../src/cli/diagnosis-run.ts'
import { recordsOfRun } from '../../src/cli/recording.ts'
import { defaultRingBytes } from '../../src/cli/options/watch-options.ts'
import { openStore } from '../../src/store/open-store.ts'
import { runToEnd, type Ended } from './wirelag.ts'

/** A history of three times of one host: nothing goes on, nobody looks, and a reader sleeps. */
const folder = mkdtempSync(join(tmpdir(), 'wirelag-history-'))
const files = mkdtempSync(join(tmpdir(), 'wirelag-incident-'))
let culprit: Participant = { pid: 0, comm: '' }
let quiet: DiagnosisRunResult
let spike: DiagnosisRunResult
/** Of the spike, in the middle of it. */
let spikeTime = ''
let quietTime = ''

before(async () => {
  quiet = await runOf(1)
  const fault = faultOf('slow-reader-asleep')
  assert.ok(fault)
  {
    await using running = await fault.start()
    ;({ culprit } = running)
    spike = await runOf(Number(/\d+/.exec(readlinkSync(`/proc/${culprit.pid}/ns/net`))?.[0]))
  }
  const store = await openStore({ folder, url: undefined }, 'write')
  for (const run of [quiet, spike]) await store.append(recordsOfRun(run, 'edge-07'))
  assert.equal(store.status().state, 'recording')
  await store.close()
  ;[quietTime, spikeTime] = [timesOf(quiet), timesOf(spike)]
})

after(() => {
  for (const made of [folder, files]) rmSync(made, { recursive: true })
})

/** What is seen of one namespace in 4 s. */
function runOf(netns: number): Promise<DiagnosisRunResult> {
  return diagnosisRun({
    filter: { netns: { include: [{ low: netns, high: netns }], exclude: [] } },
    ringBytes: defaultRingBytes,
    durationNs: 4e9,
    childArgs: undefined,
    withHistories: true,
  })
}

/** `A..B`, to the millisecond. */
function timesOf({ startUnixMs, observation }: DiagnosisRunResult): string {
  const end = startUnixMs + observation.spanNs / 1e6
  return `${new Date(startUnixMs).toISOString()}..${new Date(Math.ceil(end)).toISOString()}`
}

function wirelag(...args: string[]): Promise<Ended> {
  return runToEnd([...args, '--store', folder])
}

interface Finding {
  cause: string
  pid?: number
  comm?: string
}

interface Told {
  kind: string
  host: string
  recordedMs: number
  gaps: { fromUnixNs: string; toUnixNs: string }[]
  findings: Finding[]
  services: { service: string; stages: { pickup?: { count: number; p95Us: number } } }[]
  edges: { pid: number; peerAddress: string; stages: { pickup?: { count: number } } }[]
  incidents: Incident[]
  changes: { measure: string; service: string }[]
}

interface Incident {
  id: string
  what: string
  pid: number
  comm: string
  latencyUs: number
  localAddress: string
  peerAddress: string
  history?: { events: { what: string }[] }
}

function objects({ stdout }: Ended): Told[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Told)
}

test('why --at finds in the history what was the matter', async () => {
  assert.equal(spike.diagnosis.findings[0]?.cause, 'slow-reader-asleep')
  const ended = await wirelag('why', '--at', spikeTime, '--json')
  const [told] = objects(ended)
  assert.equal(ended.exitCode, 3, ended.stderr)
  assert.deepEqual(
    [told?.kind, told?.host, told?.findings[0]?.cause, told?.findings[0]?.pid, told?.findings[0]?.comm],
    ['diagnosis', 'edge-07', 'slow-reader-asleep', culprit.pid, culprit.comm],
  )
  assert.deepEqual(
    told?.findings.map(({ cause }) => cause),
    spike.diagnosis.findings.map(({ cause }) => cause),
  )
})

test('why --at of a time when nothing was the matter says so, and ends with 0', async () => {
  const { exitCode, stdout, stderr } = await wirelag('why', '--at', quietTime)
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /^edge-07, .* recorded in 1 step/)
  assert.match(stdout, /Nothing is the matter with what was seen\./)
})

test('why --last says how much of the time was recorded', async () => {
  const { exitCode, stdout } = await wirelag('why', '--last', '1h')
  assert.equal(exitCode, 3)
  assert.match(stdout, /recorded in 2 steps/)
  assert.match(stdout, /not recorded: /)
})

test('at shows what went on: findings, edges, incidents with both ends', async () => {
  const [told] = objects(await wirelag('at', spikeTime, '--json'))
  assert.equal(told?.kind, 'moment')
  assert.equal(told.findings[0]?.cause, 'slow-reader-asleep')
  assert.deepEqual(told.gaps, [])
  const edge = told.edges.find(({ pid }) => pid === culprit.pid)
  const edges = spike.observation.edges.filter(({ edge: { process } }) => process?.pid === culprit.pid)
  assert.equal(
    edge?.stages.pickup?.count,
    edges.find(({ edge: { peerAddress } }) => peerAddress === edge?.peerAddress)?.stages.pickup.count,
  )
  const incident = told.incidents.find(({ pid, what }) => pid === culprit.pid && what === 'pickup')
  assert.ok(incident && incident.latencyUs > 5000)
  assert.equal(incident.comm, culprit.comm)
  const kept = spike.incidents.find(({ id }) => id === incident.id)
  assert.equal(incident.peerAddress, kept?.sample.socket.peer.address)
  const [events, seen] = [incident.history?.events ?? [], kept?.history?.events ?? []]
  assert.deepEqual(
    events.map(({ what }) => what),
    seen.slice(-32).map(({ what }) => what),
  )
  assert.ok(
    events.some(({ what }) => what === 'receive'),
    'what came before it was read',
  )
  const text = await wirelag('at', '--incident', incident.id)
  assert.equal(text.exitCode, 0, text.stderr)
  assert.ok(text.stdout.includes(`[${incident.id}]`) && text.stdout.includes(incident.peerAddress), text.stdout)
})

test('at as text has every part', async () => {
  const { stdout, exitCode, stderr } = await wirelag('at', spikeTime)
  assert.equal(exitCode, 0, stderr)
  for (const part of [
    /\[slow-reader-asleep, /,
    /^Services$/m,
    /^Edges/m,
    /^Sockets at the end$/m,
    /^Host$/m,
    /ncidents/,
  ])
    assert.match(stdout, part)
})

test('at asks for a service alone', async () => {
  const [told] = objects(await wirelag('at', spikeTime, '--service', 'no-such-*', '--json'))
  assert.deepEqual([told?.edges, told?.incidents, told?.findings.length], [[], [], 0])
})

test('diff ranks what moved, the slow reader first', async () => {
  const [told] = objects(await wirelag('diff', quietTime, spikeTime, '--json'))
  assert.equal(told?.kind, 'diff')
  const reader = spike.observation.edges.find(({ edge }) => edge.process?.pid === culprit.pid)?.edge.process
  assert.ok(told.changes.some(({ measure, service }) => measure === 'pickups' && service === reader?.identity?.service))
  const { stdout } = await wirelag('diff', quietTime, spikeTime)
  assert.match(stdout, /^WHAT\tOF\tBEFORE\tAFTER\tRATIO\tSAMPLES$/m)
})

test('diff of a time with itself finds nothing', async () => {
  const [told] = objects(await wirelag('diff', spikeTime, spikeTime, '--json'))
  assert.deepEqual(told?.changes, [])
})

test('a record is replayed to the same finding, on no history at all', async () => {
  const file = join(files, 'spike.wirelag')
  const written = await wirelag('record', file, '--at', spikeTime)
  assert.equal(written.exitCode, 0, written.stderr)
  const ended = await runToEnd(['replay', file, '--json'])
  const [header, told] = objects(ended)
  assert.equal(ended.exitCode, 3, ended.stderr)
  assert.equal(header?.kind, 'replay')
  assert.deepEqual([told?.findings[0]?.cause, told?.findings[0]?.pid], ['slow-reader-asleep', culprit.pid])
  const [moment] = objects(await runToEnd(['at', spikeTime, '--json', '--store', file]))
  const [from = NaN, to = NaN] = spikeTime.split('..').map((text) => Date.parse(text))
  const ofThen = spike.incidents.filter(({ unixNs }) => unixNs / 1_000_000n >= from && unixNs / 1_000_000n < to)
  assert.equal(moment?.incidents.length, ofThen.length)
  const again = await wirelag('record', file, '--at', spikeTime)
  assert.equal(again.exitCode, 1)
  assert.match(again.stderr, /it is there already/)
})

test('a redacted record leads to the same cause, and tells no name and no address', async () => {
  const file = join(files, 'redacted.wirelag')
  assert.equal((await wirelag('record', file, '--at', spikeTime, '--redact')).exitCode, 0)
  const text = gunzipSync(readFileSync(file)).toString()
  const { peerAddress } = spike.observation.edges.find(({ edge }) => edge.process?.pid === culprit.pid)!.edge
  for (const name of ['edge-07', culprit.comm, peerAddress ?? '']) assert.ok(!text.includes(name), name)
  const [, told] = objects(await runToEnd(['replay', file, '--json']))
  assert.deepEqual([told?.findings[0]?.cause, told?.findings[0]?.pid], ['slow-reader-asleep', culprit.pid])
  assert.equal(told?.host, 'host-1')
})

test('record of what goes on now', async () => {
  const file = join(files, 'now.wirelag')
  const { exitCode, stderr } = await runToEnd(['record', file, '--duration', '1s', '--host-name', 'here'])
  assert.equal(exitCode, 0, stderr)
  const { stdout } = await runToEnd(['replay', file])
  assert.match(stdout, /^Written by wirelag /)
  assert.match(stdout, /^here, /m)
})

test('of a time that nobody recorded it is said what there is', async () => {
  for (const args of [
    ['at', '2020-01-01T03:17'],
    ['why', '--at', '2020-01-01T03:17'],
    ['diff', '2020-01-01T03:17', spikeTime],
  ]) {
    const { exitCode, stderr } = await wirelag(...args)
    assert.equal(exitCode, 1)
    assert.match(stderr, /nothing was recorded from 2020-01-01 03:17:00 to 03:18:00/)
    assert.match(stderr, /There is edge-07 from /)
  }
})

const refusals: [args: string[], message: RegExp][] = [
  [['at'], /A TIME or --incident is wanted/],
  [['at', '25:00'], /TIME: '25:00' is no time/],
  [['at', '03:17', '--incident', 'abc'], /exclude each other/],
  [['at', '--incident', '../x'], /no name of an incident/],
  [['at', '--jsn'], /is no/],
  [['at', '03:17', '--span', '1'], /--span: '1' is not a duration/],
  [['diff', '03:17'], /missing required argument/],
  [['diff', '03:17', 'soon'], /AFTER: 'soon' is no time/],
  [['why', '--at', '03:17', '--last', '5m'], /exclude each other/],
  [['why', '--at', '03:17', '--pid', '1'], /--pid is of no use with --at or --last/],
  [['why', '--span', '1m'], /--span is of no use without --at or --last/],
  [['record'], /missing required argument/],
  [['record', 'x', '--last', '1d'], /six hours at the most/],
  [['record', 'x', '--at', '03:17', '--duration', '1s'], /--duration is of no use/],
]

for (const [args, message] of refusals)
  test(`wirelag ${args.join(' ')} is refused`, async () => {
    const { exitCode, stderr } = await runToEnd(args)
    assert.equal(exitCode, 2, stderr)
    assert.match(stderr, message)
  })

test('without a history it is said where one is looked for', async () => {
  const { exitCode, stderr } = await runToEnd(['at', '03:17', '--store', join(folder, 'none')])
  assert.equal(exitCode, 1)
  assert.match(stderr, /there is no history in .*none/)
  assert.match(stderr, /'wirelag agent' keeps one/)
})

test('what is no incident file is refused', async () => {
  const { exitCode, stderr } = await runToEnd(['replay', '/etc/hostname'])
  assert.equal(exitCode, 1)
  assert.doesNotMatch(stderr, / {4}at /)
})

test('a file that somebody has put nonsense into ends in words, and shows no control characters', async () => {
  const file = join(files, 'hostile.wirelag')
  assert.equal((await wirelag('record', file, '--at', spikeTime)).exitCode, 0)
  const [header = '', ...lines] = gunzipSync(readFileSync(file)).toString().trim().split('\n')
  const spoilt = (change: (body: Record<string, unknown>) => unknown): string =>
    lines
      .map((line) => JSON.parse(line) as { body: Record<string, unknown> })
      .map((record) => JSON.stringify({ ...record, body: change(record.body) }))
      .join('\n')
  const changes: ((body: Record<string, unknown>) => unknown)[] = [
    () => ({}),
    (body) => ({ ...body, owner: null, reader: 5, sample: [], edge: {}, stages: { pickup: [1, 2, -99, 1] } }),
    (body) => JSON.parse(JSON.stringify(body).replaceAll(culprit.comm, '\\u001b[31mred')) as unknown,
  ]
  for (const change of changes) {
    const name = `${file}.${changes.indexOf(change)}`
    writeFileSync(name, gzipSync(`${header}\n${spoilt(change)}\n`))
    for (const args of [
      ['replay', name],
      ['at', spikeTime, '--store', name],
      ['diff', spikeTime, spikeTime, '--store', name],
    ]) {
      const { exitCode, stdout, stderr } = await runToEnd(args)
      assert.ok([0, 1, 3].includes(exitCode ?? -1), stderr)
      assert.ok(!(stdout + stderr).includes('\u001b'))
      assert.doesNotMatch(stdout + stderr, /^ {4}at |TypeError|undefined/m)
    }
  }
})

test('times before now are arguments, and no options', async () => {
  const { exitCode, stdout, stderr } = await wirelag('at', '-1h..now')
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /recorded in 2 steps/)
  assert.equal((await wirelag('diff', '-1h..now', '-1h..now')).exitCode, 0)
})
