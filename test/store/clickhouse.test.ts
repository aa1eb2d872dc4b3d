import { after, before } from 'node:test'
import { ClickhouseServer } from '../../lab/clickhouse-server.ts'
import { clusterName, ClickhouseCluster } from '../../lab/clickhouse-cluster.ts'
import { arrived, openClickhouse, ScratchDatabase, storeAlone } from './clickhouse-scratch.ts'
import { testStore } from './conformance.ts'
import { scratchFolder } from './scratch.ts'

let alone: ClickhouseServer
let cluster: ClickhouseCluster
before(async () => {
  alone = await ClickhouseServer.startAlone()
  cluster = await ClickhouseCluster.start()
})
after(async () => {
  await alone[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

testStore('ClickHouse', (t, limits) => storeAlone(t, alone, limits))

testStore('ClickHouse, 2 shards of 2 replicas', async (t, limits) => {
  const spoolFolder = scratchFolder(t)
  const [first, , , last] = cluster.servers
  if (!first || !last) throw new Error('the cluster has four servers')
  const database = await ScratchDatabase.make(first, { cluster: clusterName, maxAgeMs: limits.maxAgeMs })
  const store = await openClickhouse(t, database.url(first), { limits, spoolFolder })
  let writer = store
  return {
    store,
    openReader: () => openClickhouse(t, database.url(last), { mode: 'read' }),
    openAgain: async () => (writer = await openClickhouse(t, database.url(first), { limits, spoolFolder })),
    settled: () => arrived([writer], cluster, database),
  }
})
