import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ClickhouseServer } from '../../lab/clickhouse-server.ts'
import type { Incident } from '../../src/model/incident.ts'
import { searchIncidents, type IncidentWishes } from '../../src/store/incident-search.ts'
import { recordsOf } from '../../src/store/observation-records.ts'
import { incident, socket, stepOf } from '../../src/store/step-examples.ts'
import type { Store } from '../../src/store/store.ts'
import { arrived, openClickhouse, ScratchDatabase } from './clickhouse-scratch.ts'
import { openScratch, scratchFolder } from './scratch.ts'

const startUnixMs = Date.UTC(2026, 0, 2, 3, 17)

function incidentOf(i: number, latencyMs: number, more: Partial<Incident['sample']> = {}): Incident {
  const unixNs = BigInt(startUnixMs + i * 60_000) * 1_000_000n
  return { ...incident, id: `i${i}`, unixNs, sample: { ...incident.sample, latencyNs: latencyMs * 1e6, ...more } }
}

/** Three hosts, each with two incidents: of one, hours apart. */
async function fill(store: Store): Promise<void> {
  const farPeer = { ...socket, peer: { address: '203.0.113.77', port: 443 } }
  const steps = [
    { host: 'edge-1', incidents: [incidentOf(0, 50), incidentOf(1, 900)] },
    { host: 'edge-2', incidents: [incidentOf(2, 70, { what: 'send' }), incidentOf(3, 80, { socket: farPeer })] },
    { host: 'edge-3', incidents: [incidentOf(4, 20), incidentOf(300, 300)] },
  ]
  for (const { host, incidents } of steps) {
    for (const one of incidents) {
      const at = Number(one.unixNs / 1_000_000n)
      await store.append(recordsOf(stepOf({}, { host, startUnixMs: at, incidents: [one] })))
    }
  }
}

async function idsOf(store: Store, wishes: Partial<IncidentWishes>): Promise<[ids: string[], count: number]> {
  const all = { fromUnixMs: startUnixMs - 1000, toUnixMs: startUnixMs + 86_400_000 }
  const { found, count } = await searchIncidents(store, { ...all, sort: 'slowest', limit: 10, ...wishes })
  return [found.map(({ host, incident: { id } }) => `${host} ${id}`), count]
}

async function checkSearch(store: Store): Promise<void> {
  const slowest = ['edge-1 i1', 'edge-3 i300', 'edge-2 i3', 'edge-2 i2', 'edge-1 i0', 'edge-3 i4']
  assert.deepEqual(await idsOf(store, {}), [slowest, 6])
  assert.deepEqual(await idsOf(store, { limit: 2 }), [slowest.slice(0, 2), 6])
  assert.deepEqual(await idsOf(store, { sort: 'latest', limit: 2 }), [['edge-3 i300', 'edge-3 i4'], 6])
  assert.deepEqual(await idsOf(store, { text: '203.0.113.77' }), [['edge-2 i3'], 1])
  assert.deepEqual(await idsOf(store, { overNs: 80e6 }), [['edge-1 i1', 'edge-3 i300'], 2])
  assert.deepEqual(await idsOf(store, { whats: new Set(['send']) }), [['edge-2 i2'], 1])
  assert.deepEqual(await idsOf(store, { hosts: ['edge-2'] }), [['edge-2 i3', 'edge-2 i2'], 2])
  assert.deepEqual(await idsOf(store, { toUnixMs: startUnixMs + 60_000 }), [['edge-1 i0'], 1])
}

test('incidents are found by text, stage, duration, host and time: SQLite', async (t: TestContext) => {
  const store = await openScratch(t, scratchFolder(t))
  await fill(store)
  await checkSearch(store)
})

test('incidents of many hosts are found in a real ClickHouse', async (t: TestContext) => {
  await using server = await ClickhouseServer.startAlone()
  const database = await ScratchDatabase.make(server)
  const store = await openClickhouse(t, database.url(server))
  await fill(store)
  await arrived([store])
  await checkSearch(store)
})
