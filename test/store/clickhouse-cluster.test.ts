import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ClickhouseCluster, clusterName } from '../../lab/clickhouse-cluster.ts'
import type { ClickhouseServer } from '../../lab/clickhouse-server.ts'
import type { StoredRecord } from '../../src/model/record.ts'
import type { Store } from '../../src/store/store.ts'
import { arrived, openClickhouse, ScratchDatabase, until } from './clickhouse-scratch.ts'
import { record, sampleTimeUnixMs as t0 } from './records.ts'
import { everything } from './scratch.ts'

const hosts = Array.from({ length: 8 }, (_, i) => `host-${i}`)

let cluster: ClickhouseCluster
before(async () => {
  cluster = await ClickhouseCluster.start()
})
after(() => cluster[Symbol.asyncDispose]())

function server(shard: number, replica: number): ClickhouseServer {
  const found = cluster.shards[shard]?.[replica]
  if (!found) throw new Error(`there is no replica ${replica} of shard ${shard}`)
  return found
}

/** Of a host and a step: two of the same append. */
function recordsOf(host: string, step: number): StoredRecord[] {
  return ['a', 'b'].map((part) => record({ host, timeUnixMs: t0 + step * 10_000, key: `${host} ${step} ${part}` }))
}

function keysOf(records: readonly StoredRecord[]): string[] {
  return records.map(({ key }) => key).toSorted()
}

async function append(stores: ReadonlyMap<string, Store>, steps: readonly number[]): Promise<string[]> {
  const all: StoredRecord[] = []
  for (const step of steps)
    await Promise.all(
      [...stores].map(async ([host, store]) => {
        const records = recordsOf(host, step)
        all.push(...records)
        await store.append(records)
      }),
    )
  return keysOf(all)
}

/** What each server itself holds. */
async function heldKeys(by: ClickhouseServer, { name }: ScratchDatabase): Promise<string[]> {
  const text = await by.query(`SELECT key FROM ${name}.wirelag_record_shard ORDER BY key FORMAT TabSeparated`)
  return text.split('\n').filter((line) => line !== '')
}

/** Every record once, and the same on both replicas of its shard. */
async function assertHeld(database: ScratchDatabase, keys: readonly string[]): Promise<void> {
  const held = await Promise.all(cluster.servers.map((one) => heldKeys(one, database)))
  assert.deepEqual(held[0], held[1])
  assert.deepEqual(held[2], held[3])
  assert.deepEqual([...(held[0] ?? []), ...(held[2] ?? [])].toSorted(), keys)
  assert.ok(
    [0, 2].every((i) => (held[i] ?? []).length > 0),
    'both shards hold some',
  )
}

test('many hosts write to one cluster, each by another server', async (t) => {
  const database = await ScratchDatabase.make(server(0, 0), { cluster: clusterName })
  const urls = cluster.servers.map((one) => database.url(one))
  const stores = new Map<string, Store>()
  for (const [i, host] of hosts.entries()) stores.set(host, await openClickhouse(t, urls[i % 4] ?? ''))
  const keys = await append(stores, [0, 1, 2, 3, 4])
  await arrived([...stores.values()], cluster, database)
  for (const url of urls) {
    const reader = await openClickhouse(t, url, { mode: 'read' })
    assert.deepEqual(keysOf(await reader.read(everything)), keys)
    assert.deepEqual(
      (await reader.hosts()).map(({ host }) => host),
      hosts,
    )
  }
  await assertHeld(database, keys)
})

test('a replica is killed: reads are complete, hosts go on, and it catches up', async (t) => {
  const database = await ScratchDatabase.make(server(0, 0), { cluster: clusterName })
  const stores = new Map<string, Store>()
  for (const host of hosts) stores.set(host, await openClickhouse(t, database.url(server(0, 1))))
  const early = await append(stores, [0, 1])
  await arrived([...stores.values()], cluster, database)
  await server(0, 0).kill()
  const reader = await openClickhouse(t, database.url(server(1, 0)), { mode: 'read' })
  assert.deepEqual(keysOf(await reader.read(everything)), early)
  const late = await append(stores, [2, 3])
  await arrived([...stores.values()])
  const keys = [...early, ...late].toSorted()
  await cluster.inStep(`${database.name}.wirelag_record_shard`, [server(1, 0), server(1, 1)])
  assert.deepEqual(keysOf(await reader.read(everything)), keys)
  await server(0, 0).start()
  await cluster.inStep(`${database.name}.wirelag_record_shard`)
  await assertHeld(database, keys)
})

test('a whole shard is killed and comes back: nothing is lost, nothing is there twice', async (t) => {
  const database = await ScratchDatabase.make(server(0, 0), { cluster: clusterName })
  const stores = new Map<string, Store>()
  for (const host of hosts) stores.set(host, await openClickhouse(t, database.url(server(0, 0))))
  const early = await append(stores, [0])
  await arrived([...stores.values()], cluster, database)
  const living = new Set((await heldKeys(server(0, 0), database)).map((key) => key.split(' ')[0] ?? ''))
  await Promise.all([server(1, 0).kill(), server(1, 1).kill()])

  const late = await append(stores, [1, 2, 3])
  const keys = [...early, ...late].toSorted()
  const isSettled = ([host, store]: [string, Store]): boolean =>
    living.has(host) ? store.status().spooledBytes === 0 : store.status().state === 'spooling'
  await until('hosts of the living shard are heard, the others wait', () => [...stores].every(isSettled))

  const url = database.url(server(0, 1))
  const reader = await openClickhouse(t, url, { mode: 'read' })
  await assert.rejects(reader.read(everything), { code: 'WIRELAG_STORE_PARTIAL' })
  await assert.rejects(reader.hosts(), { code: 'WIRELAG_STORE_PARTIAL' })
  const partial = await openClickhouse(t, database.url(server(0, 1), ['partial=yes']), { mode: 'read' })
  await cluster.inStep(`${database.name}.wirelag_record_shard`, [server(0, 0), server(0, 1)])
  assert.deepEqual(
    keysOf(await partial.read(everything)),
    keys.filter((key) => living.has(key.split(' ')[0] ?? '')),
  )

  await Promise.all([server(1, 0).start(), server(1, 1).start()])
  await arrived([...stores.values()], cluster, database)
  assert.deepEqual(keysOf(await reader.read(everything)), keys)
  await assertHeld(database, keys)
  for (const store of stores.values()) assert.equal(store.status().droppedRecords, 0)
})

test('servers are killed in the middle of inserts, again and again: nothing is lost, nothing is read twice', async (t) => {
  const database = await ScratchDatabase.make(server(0, 0), { cluster: clusterName })
  const stores = new Map<string, Store>()
  for (const [i, host] of hosts.entries())
    stores.set(host, await openClickhouse(t, database.url(cluster.servers[i % 4] ?? server(0, 0))))
  const keys: string[] = []
  for (let round = 0; round < 4; round++) {
    const victim = cluster.servers[round] ?? server(0, 0)
    const steps = [0, 1, 2, 3, 4].map((i) => round * 5 + i)
    const appended = append(stores, steps)
    await until('some are under way', () => [...stores.values()].some((store) => store.status().spooledBytes > 0))
    await victim.kill()
    keys.push(...(await appended))
    await victim.start()
  }
  keys.sort()
  await arrived([...stores.values()], cluster, database)
  const reader = await openClickhouse(t, database.url(server(1, 1)), { mode: 'read' })
  assert.deepEqual(keysOf(await reader.read(everything)), keys)
  await assertHeld(database, keys)
})
