import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { compareFleet } from '../../src/fleet/comparison.ts'
import { recordedFleet } from '../../src/fleet/recorded-fleet.ts'
import { openStore } from '../../src/store/open-store.ts'
import { runToEnd } from '../cli/wirelag.ts'
import { recordsOfFleet } from './recorded-hosts.ts'

let folder: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wirelag-fleet-'))
  const store = await openStore({ folder, url: undefined }, 'write')
  await store.append([...recordsOfFleet().values()].flat())
  await store.close()
})

after(() => rmSync(folder, { recursive: true }))

test('hosts from their records, and who is out of line', async () => {
  const store = await openStore({ folder, url: undefined }, 'read')
  const reading = await recordedFleet(store, folder, { by: 'host', spanMs: 300_000 })
  await store.close()
  assert.deepEqual(
    reading.members.map(({ name, status }) => `${name} ${status}`),
    [1, 2, 3, 4, 5, 6, 7].map((n) => `edge-0${n} reporting`).concat('edge-08 silent'),
  )
  const { sendP95Ms, ...values } = reading.members[0]!.values
  assert.deepEqual(values, {
    timeWait: 410,
    conntrackShare: 5 / 262_144,
    retransmitsPerS: 0.2,
    failuresPerS: 0,
    resetsPerS: 0.1,
    listenOverflowsPerS: 0,
    lostPerS: 0,
    findings: 0,
  })
  assert.ok(Math.abs(sendP95Ms! - 2) <= 2 / 16)
  const sentences = compareFleet(reading).outliers.map(({ sentence }) => sentence)
  assert.equal(sentences.length, 6)
  assert.match(sentences[0]!, /^edge-08: silent: it has stopped reporting; last heard of at \d{4}-/)
  assert.equal(sentences[1], 'edge-07: TIME_WAIT 23,014, fleet median 410')
  assert.match(sentences[2]!, /^edge-06: send p95 (7[5-9]|8[0-5])\.\d ms, fleet median (1\.[89]|2\.[01])\d ms$/)
  assert.deepEqual(sentences.slice(3), [
    'edge-05: listen overflows 2.00/s, fleet median 0/s',
    'edge-05: events that wirelag lost 60.0/s, fleet median 0/s',
    'edge-04: findings 1 (slow-accept), fleet median 0',
  ])
})

test('services from all hosts', async () => {
  const store = await openStore({ folder, url: undefined }, 'read')
  const { members } = await recordedFleet(store, folder, { by: 'service', spanMs: 300_000 })
  await store.close()
  assert.deepEqual(
    members.map(({ name, values }) => [name, values.timeWait]),
    [['web', 6 * 410 + 23_014]],
  )
})

test('an hour later there is nobody', async () => {
  const store = await openStore({ folder, url: undefined }, 'read')
  const later = recordedFleet(store, folder, { by: 'host', spanMs: 300_000 }, Date.now() + 3_700_000)
  await assert.rejects(later, { code: 'WIRELAG_NO_FLEET' })
  await store.close()
})

test('wirelag fleet --store', async () => {
  const { exitCode, stdout, stderr } = await runToEnd(['fleet', '--store', folder])
  const names = stdout.split('\n').map((line) => line.split('\t').slice(0, 3).join(' '))
  assert.deepEqual(
    [exitCode, stderr, names.slice(1, 4)],
    [3, '', ['edge-08 silent NO_REPORT', 'edge-07 reporting TIME_WAIT', 'edge-06 reporting SEND_MS']],
  )
})

test('a folder without a history', async () => {
  const { exitCode, stdout, stderr } = await runToEnd(['fleet', '--store', '/nowhere'])
  assert.deepEqual([exitCode, stdout, stderr.includes('/nowhere'), stderr.includes('fault')], [1, '', true, false])
})
