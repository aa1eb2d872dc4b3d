import assert from 'node:assert/strict'
import { after, before, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClickhouseCluster, clusterName } from '../../lab/clickhouse-cluster.ts'
import { ClickhouseServer } from '../../lab/clickhouse-server.ts'
import { NewerClickhouse } from '../../lab/newer-clickhouse.ts'
import type { StoredRecord } from '../../src/model/record.ts'
import type { Store } from '../../src/store/store.ts'
import { arrived, openClickhouse, ScratchDatabase, until } from './clickhouse-scratch.ts'
import { addUp } from './counts-roll-up.ts'
import { record } from './records.ts'
import { everything } from './scratch.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** Noon, so that what is 30 hours old is of a day that is not as old as a whole. */
const now = Date.UTC(2026, 0, 10, 12)

let alone: ClickhouseServer
let newer: NewerClickhouse
let cluster: ClickhouseCluster
before(async () => {
  alone = await ClickhouseServer.startAlone()
  newer = await NewerClickhouse.start()
  cluster = await ClickhouseCluster.start()
})
after(async () => {
  await alone[Symbol.asyncDispose]()
  await newer[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

type Server = ClickhouseServer | NewerClickhouse

/** Steps of 10 s of a host, one after the other: of each a span and an edge. */
function steps(host: string, fromUnixMs: number, count: number): StoredRecord[] {
  return Array.from({ length: count }, (_, i) => fromUnixMs + i * 10_000).flatMap((timeUnixMs) => [
    record({ host, timeUnixMs, kind: 'span', key: '' }),
    record({ host, timeUnixMs, key: 'web>db' }),
  ])
}

/** What ten minutes of them become. */
function rolled(host: string, timeUnixMs: number, count: number): StoredRecord[] {
  const common = { host, timeUnixMs, spanMs: 10 * minuteMs, body: { count } }
  return [record({ ...common, kind: 'span', key: '' }), record({ ...common, key: 'web>db' })]
}

function open(t: TestContext, url: string): Promise<Store> {
  return openClickhouse(t, url, { rollUp: addUp })
}

async function rowsOf(server: Server, table: string): Promise<number> {
  return Number(await server.query(`SELECT count() FROM ${table}`))
}

/** In the order of time, host and kind: that of appending is not that of roll-up. */
function inOrder(records: readonly StoredRecord[]): StoredRecord[] {
  const placeOf = ({ timeUnixMs, host, kind, key }: StoredRecord): string => [timeUnixMs, host, kind, key].join(' ')
  return records.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
}

async function assertRead(store: Store, expected: readonly StoredRecord[]): Promise<void> {
  assert.deepEqual(inOrder(await store.read(everything)), inOrder(expected))
}

for (const [name, serverOf] of [
  ['ClickHouse', () => alone],
  ['newer ClickHouse', () => newer],
] as const) {
  test(`${name}: steps become longer when they are a day old, and what they add up to stays`, async (t) => {
    const server = serverOf()
    const database = await ScratchDatabase.make(server)
    const store = await open(t, database.url(server))
    const old = now - 3 * dayMs
    const incident = record({ host: 'a', kind: 'incident', spanMs: 0, timeUnixMs: old + 5000 })
    const finding = record({ host: 'a', kind: 'finding', timeUnixMs: old + 20 * minuteMs })
    const [yesterday, today] = [now - 30 * hourMs, now - hourMs]
    await store.append([...steps('a', old, 90), incident])
    await store.append([...steps('a', old + 20 * minuteMs, 2), finding])
    await store.append(steps('a', yesterday, 60))
    await store.append(steps('a', today, 6))
    await arrived([store])
    await store.maintain(now)

    const young = [...steps('a', yesterday, 60), ...steps('a', today, 6)]
    const ofOld = [
      ...rolled('a', old, 60),
      incident,
      ...rolled('a', old + 10 * minuteMs, 30),
      ...rolled('a', old + 20 * minuteMs, 2),
      finding,
    ]
    await assertRead(store, [...ofOld, ...young])
    // Yesterday's are there in both tables, and read as the finer ones.
    assert.equal(await rowsOf(server, `${database.name}.wirelag_record`), young.length)
    assert.equal(await rowsOf(server, `${database.name}.wirelag_rolled`), ofOld.length + 2)

    const latest = await store.read({ ...everything, latest: 3, toUnixMs: yesterday })
    assert.deepEqual(latest, [finding, ...rolled('a', old + 20 * minuteMs, 2)])
    assert.deepEqual(await store.hosts(), [{ host: 'a', firstUnixMs: old, lastUnixMs: today + minuteMs }])
    assert.deepEqual(inOrder(await store.read({ ...everything, kinds: ['incident', 'finding'] })), [incident, finding])

    const again = await open(t, database.url(server))
    await again.append(steps('a', now, 1))
    await arrived([again])
    for (const at of [now, now + hourMs]) await Promise.all([store.maintain(at), again.maintain(at)])
    await assertRead(store, [...ofOld, ...young, ...steps('a', now, 1)])

    await store.maintain(now + dayMs)
    await assertRead(store, [...ofOld, ...rolled('a', yesterday, 60), ...steps('a', today, 6), ...steps('a', now, 1)])
    await store.maintain(now + 5 * dayMs)
    await assertRead(store, [...rolled('a', yesterday, 60), ...rolled('a', today, 6), ...rolled('a', now, 1)])
  })
}

test('steps of a host whose agent is no more become longer, too', async (t) => {
  const database = await ScratchDatabase.make(alone)
  const gone = await open(t, database.url(alone))
  await gone.append([...steps(`o'host`, now - 3 * dayMs, 60), ...steps(`o'host`, now - 2 * dayMs, 3)])
  await arrived([gone])
  await gone.close()
  const other = await open(t, database.url(alone))
  await other.append(steps('b', now - 3 * dayMs, 6))
  await arrived([other])
  await other.maintain(now)
  await assertRead(other, [
    ...rolled(`o'host`, now - 3 * dayMs, 60),
    ...rolled('b', now - 3 * dayMs, 6),
    ...rolled(`o'host`, now - 2 * dayMs, 3),
  ])
  assert.equal(await rowsOf(alone, `${database.name}.wirelag_record`), 0)
})

test('where records are kept for a day, steps stay as they are', async (t) => {
  const database = await ScratchDatabase.make(alone, { maxAgeMs: dayMs })
  const store = await open(t, database.url(alone))
  await store.append([...steps('a', now - 2 * dayMs, 6), ...steps('a', now - 26 * hourMs, 6)])
  await arrived([store])
  await store.maintain(now)
  await assertRead(store, steps('a', now - 26 * hourMs, 6))
  assert.equal(await rowsOf(alone, `${database.name}.wirelag_rolled`), 0)
})

test('a server that is killed while steps become longer: nothing is lost, nothing is there twice', async (t) => {
  const server = await ClickhouseServer.startAlone()
  t.after(() => server[Symbol.asyncDispose]())
  const database = await ScratchDatabase.make(server)
  const begin = now - 3 * dayMs
  const tenMinutes = Array.from({ length: 72 }, (_, i) => begin + i * 10 * minuteMs)
  const store = await open(t, database.url(server))
  await store.append(tenMinutes.flatMap((at) => steps('a', at, 2)))
  await arrived([store])
  let at = now
  for (const made of [10, 30, 50]) {
    const maintained = store.maintain(at)
    await until('some are made', async () => (await rowsOf(server, `${database.name}.wirelag_rolled`)) >= 2 * made)
    await server.kill()
    await maintained
    await server.start()
    // Where it did not work, it is tried again after ten minutes.
    at += 11 * minuteMs
  }
  await until('all are made', async () => {
    await store.maintain(at)
    at += 11 * minuteMs
    return (await rowsOf(server, `${database.name}.wirelag_record`)) === 0
  })
  await assertRead(
    store,
    tenMinutes.flatMap((time) => rolled('a', time, 2)),
  )
})

test('in a cluster a shard that is away keeps its steps until it is back', async (t) => {
  const [first, , third, last] = cluster.servers
  if (!first || !third || !last) throw new Error('the cluster has four servers')
  const database = await ScratchDatabase.make(first, { cluster: clusterName })
  const hosts = Array.from({ length: 8 }, (_, i) => `host-${i}`)
  const store = await open(t, database.url(first))
  const old = now - 3 * dayMs
  await store.append(hosts.flatMap((host) => [...steps(host, old, 60), ...steps(host, now - hourMs, 6)]))
  await arrived([store], cluster, database)
  const held = `${database.name}.wirelag_record_shard`
  const onThird = await rowsOf(third, held)
  assert.ok(onThird > 0)

  await Promise.all([third.kill(), last.kill()])
  await store.maintain(now)
  await Promise.all([third.start(), last.start()])
  assert.equal(await rowsOf(third, held), onThird)

  const expected = hosts.flatMap((host) => [...rolled(host, old, 60), ...steps(host, now - hourMs, 6)])
  let at = now
  await until('all are made', async () => {
    // Not so often that what is young becomes a day old before the shard is back.
    await sleep(500)
    at += 11 * minuteMs
    await store.maintain(at)
    return (await rowsOf(first, `${database.name}.wirelag_record`)) === hosts.length * 12
  })
  for (const table of ['wirelag_record_shard', 'wirelag_rolled_shard'])
    await cluster.inStep(`${database.name}.${table}`)
  const reader = await openClickhouse(t, database.url(last), { mode: 'read' })
  await assertRead(reader, expected)
  assert.equal(await rowsOf(last, `${database.name}.wirelag_rolled`), hosts.length * 2)
})
