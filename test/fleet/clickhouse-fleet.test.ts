import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClickhouseServer } from '../../lab/clickhouse-server.ts'
import { runToEnd } from '../cli/wirelag.ts'
import { arrived, openClickhouse, ScratchDatabase } from '../store/clickhouse-scratch.ts'
import { recordsOfFleet } from './recorded-hosts.ts'

interface JsonLine {
  kind: string
  host: string
  status: string
  sentence: string
  here: string
  source: string
}

test('hosts that record to one ClickHouse, side by side; the password is shown nowhere', async (t) => {
  await using server = await ClickhouseServer.startAlone()
  const url = (await ScratchDatabase.make(server)).url(server)
  for (const records of recordsOfFleet().values()) {
    const store = await openClickhouse(t, url)
    await store.append(records)
    await arrived([store])
    await store.close()
  }
  const { exitCode, stdout, stderr } = await runToEnd(['fleet', '--store', url, '--json'])
  assert.deepEqual([exitCode, stderr, stdout.includes('s3cret')], [3, '', false])
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonLine)
  assert.deepEqual(
    lines.filter(({ kind }) => kind === 'member').map(({ host, status }) => `${host} ${status}`),
    [1, 2, 3, 4, 5, 6, 7].map((n) => `edge-0${n} reporting`).concat('edge-08 silent'),
  )
  const outliers = lines.filter(({ kind }) => kind === 'outlier')
  assert.deepEqual(
    outliers.map(({ host }) => host),
    ['edge-08', 'edge-07', 'edge-06', 'edge-05', 'edge-05', 'edge-04'],
  )
  assert.equal(outliers[1]?.sentence, 'edge-07: TIME_WAIT 23,014, fleet median 410')
  const { source } = lines.at(-1)!
  assert.match(source, /^clickhouse:\/\/127\.0\.0\.1:\d+\/wirelag_\d+$/)
  assert.equal(outliers[1].here, `wirelag why --last 5m --on edge-07 --store ${source}`)
})
