import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ClickhouseServer } from '../../lab/clickhouse-server.ts'
import { openClickhouse } from '../store/clickhouse-scratch.ts'
import { record } from '../store/records.ts'
import { runToEnd } from './wirelag.ts'

let server: ClickhouseServer
before(async () => {
  server = await ClickhouseServer.startAlone()
})
after(() => server[Symbol.asyncDispose]())

test('store init makes the tables, changes how long they keep, and may be done again; status tells', async (t) => {
  const url = server.storeUrl('cli')
  const place = `clickhouse://127.0.0.1:${server.ports.http}/cli`
  const missing = await runToEnd(['store', 'status', '--store', url])
  assert.deepEqual(
    [missing.exitCode, missing.stderr],
    [1, `wirelag: ${place} has no tables of wirelag\n  'wirelag store init' makes them.\n`],
  )
  const cases: [args: string[], stdout: string][] = [
    [[], `${place} is made: version 2, keeps 7 days\n`],
    [['--max-age', '30d'], `${place} was there: version 2, keeps 30 days\n`],
    [[], `${place} was there: version 2, keeps 30 days\n`],
  ]
  for (const [args, stdout] of cases) {
    const run = await runToEnd(['store', 'init', '--store', url, ...args])
    assert.deepEqual([run.exitCode, run.stdout, run.stderr], [0, stdout, ''])
  }
  const store = await openClickhouse(t, url)
  await store.append([record({ host: 'edge-07', timeUnixMs: 1000, spanMs: 500 })])
  await store.close()
  const { exitCode, stdout } = await runToEnd(['store', 'status', '--store', url, '--json'])
  assert.equal(exitCode, 0)
  assert.deepEqual(JSON.parse(stdout), {
    kind: 'store',
    where: place,
    version: 2,
    maxAgeMs: 30 * 86_400_000,
    hosts: [{ host: 'edge-07', firstUnixMs: 1000, lastUnixMs: 1500 }],
  })
})

test('tables of one server are not made those of a cluster', async () => {
  const url = server.storeUrl('cli')
  await runToEnd(['store', 'init', '--store', url])
  const { exitCode, stderr } = await runToEnd(['store', 'init', '--store', `${url}?cluster=fleet`])
  assert.equal(exitCode, 1)
  assert.match(stderr, /^wirelag: the tables of clickhouse:\S+\/cli are of one server\n {2}Leave out cluster=/)
})

test('store init brings tables of an older wirelag up to this one', async () => {
  const url = server.storeUrl('older')
  await runToEnd(['store', 'init', '--store', url])
  for (const sql of [
    'DROP TABLE older.wirelag_rolled',
    'TRUNCATE TABLE older.wirelag_schema',
    `INSERT INTO older.wirelag_schema VALUES (1, '', 172800000, 1)`,
  ])
    await server.query(sql)
  const asked = await runToEnd(['at', '-1d', '--store', url])
  assert.match(asked.stderr, /lacks tables of wirelag\n {2}'wirelag store init' makes them\.\n$/)
  const { stdout } = await runToEnd(['store', 'init', '--store', url])
  assert.match(stdout, / was of version 1: version 2, keeps 2 days\n$/)
  const status = await runToEnd(['store', 'status', '--store', url])
  assert.match(status.stdout, /: version 2, keeps 2 days, 0 hosts\n$/)
})

test('tables of a newer wirelag are left alone', async () => {
  const url = server.storeUrl('newer')
  await runToEnd(['store', 'init', '--store', url])
  await server.query(`INSERT INTO newer.wirelag_schema VALUES (9, '', 86400000, 1)`)
  const { exitCode, stderr } = await runToEnd(['store', 'init', '--store', url])
  assert.equal(exitCode, 1)
  assert.match(stderr, /are of version 9, and this wirelag knows 2\n {2}A newer wirelag made them: take that\.\n$/)
})

const refusals: [what: string, args: string[], stderr: RegExp][] = [
  ['no store', ['init'], /required option '--store <URL>/],
  ['a folder', ['init', '--store', '/var/lib/wirelag'], /a store is clickhouse:\/\//],
  [
    'no database',
    ['init', '--store', 'clickhouse://u:geheim@db'],
    /the database of a clickhouse:\/\/ store is letters/,
  ],
  ['a database that is SQL', ['init', '--store', 'clickhouse://u:geheim@db/a`b'], /the database of a clickhouse/],
  ['a cluster that is SQL', ['init', '--store', `clickhouse://u:geheim@db/a?cluster='`], /the cluster of a clickhouse/],
  ['an unknown option', ['init', '--store', 'clickhouse://u:geheim@db/a?x=1'], /store has no option 'x'/],
  ['a broken %', ['init', '--store', 'clickhouse://u:geheim%zz@db/a'], /a % that is not followed/],
  [
    'neither yes nor no',
    ['init', '--store', 'clickhouse://u:geheim@db/a?secure=1'],
    /secure of a clickhouse:\/\/ store is yes or no/,
  ],
  ['half a day', ['init', '--store', 'clickhouse://db/a', '--max-age', '12h'], /12h is not in days/],
]
for (const [what, args, stderr] of refusals)
  test(`store: ${what} is refused`, async () => {
    const run = await runToEnd(['store', ...args])
    assert.equal(run.exitCode, 2)
    assert.match(run.stderr, stderr)
    assert.ok(!run.stderr.includes('geheim'), run.stderr)
  })
