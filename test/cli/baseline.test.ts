import assert from 'node:assert/strict'
import { mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { faultOf } from '../../lab/faults/catalogue.ts'
import type { RunningFault } from '../../lab/faults/fault.ts'
import { diagnosisRun, type DiagnosisRunResult } from '../../src/cli/diagnosis-run.ts'
import { defaultRingBytes } from '../../src/cli/options/watch-options.ts'
import { recordsOfRun } from '../../src/cli/recording.ts'
import { openStore } from '../../src/store/open-store.ts'
import { runToEnd } from './wirelag.ts'

/** A history of a leak now, and of three days on which the same service had five such sockets. */
const folder = mkdtempSync(join(tmpdir(), 'wirelag-baseline-'))
const usual = 5
const earlierDays = 3
/** Of a day, ten minutes apart around the same time. */
const samplesOfDay = 5
let running: RunningFault
let leak: DiagnosisRunResult

before(async () => {
  const fault = faultOf('close-wait-leak')
  assert.ok(fault)
  running = await fault.start()
  const netns = Number(/\d+/.exec(readlinkSync(`/proc/${running.culprit.pid}/ns/net`))?.[0])
  leak = await diagnosisRun({
    filter: { netns: { include: [{ low: netns, high: netns }], exclude: [] } },
    ringBytes: defaultRingBytes,
    durationNs: 4e9,
    childArgs: undefined,
  })
  const store = await openStore({ folder, url: undefined }, 'write')
  for (const startUnixMs of earlierTimes(leak.startUnixMs)) {
    const states = leak.observation.states.map((count) =>
      count.state === 'CLOSE_WAIT' ? { ...count, before: usual, now: usual } : count,
    )
    const observation = { ...leak.observation, states }
    const run = {
      ...leak,
      observation,
      startUnixMs,
      incidents: [],
      diagnosis: { findings: [], ruledOut: [], unjudged: [] },
    }
    await store.append(recordsOfRun(run, 'edge-07'))
  }
  await store.append(recordsOfRun(leak, 'edge-07'))
  await store.close()
})

after(async () => {
  await running[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

function earlierTimes(nowUnixMs: number): number[] {
  return Array.from({ length: earlierDays * samplesOfDay }, (_, i) => {
    const day = new Date(nowUnixMs)
    day.setDate(day.getDate() - earlierDays + Math.floor(i / samplesOfDay))
    return day.getTime() + ((i % samplesOfDay) - 2) * 600_000
  })
}

test('why says how far the leak is from what is usual', async () => {
  const { stdout, stderr } = await runToEnd(['why', '--last', '5m', '--json', '--store', folder])
  const { findings } = JSON.parse(stdout.split('\n')[0] ?? '') as { findings: { cause: string; evidence: string[] }[] }
  const evidence = findings.find(({ cause }) => cause === 'close-wait-leak')?.evidence ?? []
  const now = leak.observation.states
    .filter(({ state, owner }) => state === 'CLOSE_WAIT' && owner?.pid === running.culprit.pid)
    .reduce((sum, count) => sum + count.now, 0)
  const service = leak.observation.states.find(({ owner }) => owner?.pid === running.culprit.pid)?.owner?.identity
    ?.service
  assert.ok(evidence.at(-1)?.startsWith(`${now} CLOSE_WAIT of ${service}: `), `${evidence.join('; ')} ${stderr}`)
  assert.match(evidence.at(-1) ?? '', /x this host's normal \(median 5 at this time of day, of 3 days\)$/)
})

test('states tells the normal of each service, and which is far from it', async () => {
  const { stdout, stderr, exitCode } = await runToEnd(['states', '--by', 'service', '--json', '--store', folder])
  assert.equal(exitCode, 0, stderr)
  const { normals } = JSON.parse(stdout) as {
    normals: { service: string; state: string; median: number; days: number }[]
  }
  const service = leak.observation.states.find(({ owner }) => owner?.pid === running.culprit.pid)?.owner?.identity
    ?.service
  const normal = normals.find((one) => one.service === service && one.state === 'CLOSE_WAIT')
  assert.deepEqual([normal?.median, normal?.days], [usual, earlierDays])
  const text = await runToEnd(['states', '--by', 'service', '--store', folder])
  assert.match(text.stdout, new RegExp(`^${service}: \\d+ CLOSE_WAIT, .* x this host's normal \\(median 5 `, 'm'))
})

test('without a history nothing is said, and one that is named must be there', async () => {
  const { stdout } = await runToEnd(['states', '--by', 'service', '--json'])
  assert.equal((JSON.parse(stdout) as { kind: string }).kind, 'states')
  const { exitCode, stderr } = await runToEnd(['states', '--by', 'service', '--store', join(folder, 'none')])
  assert.equal(exitCode, 1)
  assert.match(stderr, /there is no history/)
  assert.equal((await runToEnd(['states', '--store', folder])).exitCode, 2)
})
