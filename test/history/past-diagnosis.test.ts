import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { comparedDiagnosis, hostHistories, nothingRecorded, type HostHistory } from '../../src/cli/history.ts'
import { historyText, recordedText } from '../../src/cli/render/history-text.ts'
import { noStyles } from '../../src/cli/render/styles.ts'
import { diagnose } from '../../src/diagnose/diagnose.ts'
import { diagnosisCases, observation } from '../../src/diagnose/diagnosis-cases.ts'
import type { Cause } from '../../src/model/finding.ts'
import type { StoredRecord } from '../../src/model/record.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { writeIncidentFile } from '../../src/store/incident-file.ts'
import { recordsOf } from '../../src/store/observation-records.ts'
import { rolledUp } from '../../src/store/roll-up.ts'
import { mergedObservation } from '../../src/track/merged-observation.ts'

const folder = mkdtempSync(join(tmpdir(), 'wirelag-past-'))
after(() => rmSync(folder, { recursive: true }))

const stepMs = 10_000
/** A multiple of ten minutes. */
const start = 1_800_000_000_000
const refused = diagnosisCases.find(([cause]) => cause === 'connection-refused')?.[2]
let made = 0

/** What an agent would record: each step's diagnosis is of the last six. @param seen of which steps there is a fault */
function recorded(seen: readonly boolean[], host = 'edge-07'): StoredRecord[] {
  const observations = seen.map((isSeen) => observation(isSeen ? refused : {}))
  return observations.flatMap((one, i) => {
    const first = Math.max(0, i - 5)
    const minute = observations.slice(first, i + 1).map((step, k) => ({ startNs: k * stepMs * 1e6, observation: step }))
    const book = { signal: 'pickup' as const, attempted: 100, delivered: 93, lost: 7, filtered: 0, invalid: 0 }
    return recordsOf({
      host,
      startUnixMs: start + i * stepMs,
      spanMs: stepMs,
      observation: one,
      diagnosis: diagnose(mergedObservation(minute)),
      diagnosedFromUnixMs: start + first * stepMs,
      incidents: [],
      books: i === 0 ? [book] : [],
    })
  })
}

async function storeOf(records: readonly StoredRecord[]): Promise<FileStore> {
  const file = join(folder, `${++made}.wirelag`)
  const facts = { format: 1, wirelag: '0', kernel: '6', fromUnixMs: start, toUnixMs: start, isRedacted: false }
  await writeIncidentFile(file, { kind: 'wirelag-incident', hosts: [], ...facts }, records)
  return FileStore.open(file)
}

async function historyAt(records: readonly StoredRecord[], fromS: number, toS: number): Promise<HostHistory> {
  const window = { fromUnixMs: start + fromS * 1000, toUnixMs: start + toS * 1000 }
  const [history] = await hostHistories(await storeOf(records), { window })
  assert.ok(history)
  return history
}

async function causesAt(records: readonly StoredRecord[], fromS: number, toS: number): Promise<Cause[]> {
  const store = await storeOf(records)
  const { findings } = await comparedDiagnosis(store, await historyAt(records, fromS, toS))
  return findings.map(({ cause }) => cause)
}

/** A fault in the third minute of five. */
const steps = Array.from({ length: 30 }, (_, i) => i >= 12 && i < 18)

test('a minute tells its own trouble, and not that of the minute before', async () => {
  const records = recorded(steps)
  assert.deepEqual(await causesAt(records, 120, 180), ['connection-refused'])
  assert.deepEqual(await causesAt(records, 60, 120), [])
  assert.deepEqual(await causesAt(records, 190, 250), [])
  assert.deepEqual(await causesAt(records, 0, 300), ['connection-refused'])
})

test('of what was rolled up the agent’s findings of then are told, once, with their time', async () => {
  const records = rolledUp(recorded(steps), 60_000)
  const history = await historyAt(records, 120, 180)
  assert.equal(history.isFine, false)
  assert.deepEqual(await causesAt(records, 120, 180), ['connection-refused'])
  assert.match(recordedText(history)[0] ?? '', /1 min 0 s recorded in 1 step of up to 1 min 0 s, rolled up by service$/)
  const text = historyText(history, await comparedDiagnosis(await storeOf(records), history), {
    styles: noStyles,
    isTerminal: false,
    columns: 100,
    slowNs: 5e6,
  })
  assert.ok(text.some((line) => /\[connection-refused, /.test(line)))
})

test('what was lost, and what was not recorded, is said', async () => {
  const all = recorded(steps)
  const records = all.filter(({ timeUnixMs }) => timeUnixMs < start + 20_000 || timeUnixMs >= start + 50_000)
  const history = await historyAt(records, 0, 100)
  assert.deepEqual(history.gaps, [{ fromUnixMs: start + 20_000, toUnixMs: start + 50_000 }])
  assert.deepEqual(history.lost, [{ signal: 'pickup', lost: 7, attempted: 100 }])
  assert.equal(history.observation.spanNs, 70e9)
  assert.deepEqual((await historyAt(all, 290, 400)).gaps, [{ fromUnixMs: start + 300_000, toUnixMs: start + 400_000 }])
})

test('of many hours the steps are rolled up as they are read: nothing is lost, and nothing is told twice', async () => {
  const hours = 3
  const many = Array.from({ length: (hours * 3_600_000) / stepMs }, (_, i) => i % 360 === 100)
  const records = recorded(many)
  const history = await historyAt(records, 0, hours * 3600)
  assert.equal(history.isFine, false)
  assert.equal(history.observation.spanNs, hours * 3600e9)
  assert.equal(history.steps.length, hours * 6)
  assert.deepEqual(history.gaps, [])
  assert.equal(
    history.observation.failures.reduce((sum, { count }) => sum + count, 0),
    3 * (refused?.failures?.[0]?.count ?? 0),
  )
  assert.equal(
    history.observation.edges.reduce((sum, { stages }) => sum + stages.send.count, 0),
    many.length,
  )
  const offset = await historyAt(records, 95, hours * 3600 - 5)
  assert.equal(offset.observation.spanNs, (hours * 3600 - 90) * 1e9)
  const { findings } = await comparedDiagnosis(await storeOf(records), history)
  assert.deepEqual(
    findings.map(({ cause }) => cause),
    ['connection-refused'],
  )
})

test('hosts are apart, and can be asked for', async () => {
  const records = [...recorded(steps), ...recorded([false, false, false], 'edge-08')]
  const store = await storeOf(records)
  const window = { fromUnixMs: start, toUnixMs: start + 300_000 }
  const all = await hostHistories(store, { window })
  assert.deepEqual(
    all.map(({ host, steps: { length } }) => [host, length]),
    [
      ['edge-07', 30],
      ['edge-08', 3],
    ],
  )
  const [one, ...others] = await hostHistories(store, { window, hosts: ['edge-08'] })
  assert.equal(one?.host, 'edge-08')
  assert.equal(others.length, 0)
})

test('who asks for nobody’s service is told of the host alone', async () => {
  const store = await storeOf(recorded(steps))
  const window = { fromUnixMs: start, toUnixMs: start + 300_000 }
  const [history] = await hostHistories(store, { window, filter: { service: { include: ['none'], exclude: [] } } })
  assert.deepEqual(
    [history?.observation.edges.length, history?.observation.failures.length, history?.observation.namespaces.length],
    [0, 0, 1],
  )
})

test('of a time of which there is nothing, what there is is said', async () => {
  const store = await storeOf(recorded([false]))
  const { message, advice } = await nothingRecorded(store, { fromUnixMs: 0, toUnixMs: 60_000 })
  assert.match(message, /^nothing was recorded from 1970-01-01 /)
  assert.match(advice, /^There is edge-07 from 2027-01-15 /)
})
