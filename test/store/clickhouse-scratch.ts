import { setTimeout as delay } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import type { ClickhouseCluster } from '../../lab/clickhouse-cluster.ts'
import { ClickhouseHttp } from '../../src/store/clickhouse/clickhouse-http.ts'
import { openClickhouseStore, type ClickhouseStoreOptions } from '../../src/store/clickhouse/clickhouse-store.ts'
import { parseClickhouseUrl } from '../../src/store/clickhouse/clickhouse-url.ts'
import { initSchema } from '../../src/store/clickhouse/schema.ts'
import type { Store, StoreLimits } from '../../src/store/store.ts'
import type { FreshStore } from './conformance.ts'
import { largeLimits, scratchFolder } from './scratch.ts'

const withinMs = 60_000
let databases = 0

/** Where a store may be. */
interface StoreServer {
  storeUrl(database: string, options?: string): string
}

/** A database of a test's own, with its tables. */
export class ScratchDatabase {
  readonly name = `wirelag_${++databases}`
  readonly cluster: string | undefined

  private constructor(cluster: string | undefined) {
    this.cluster = cluster
  }

  static async make(
    server: StoreServer,
    options: { cluster?: string; maxAgeMs?: number } = {},
  ): Promise<ScratchDatabase> {
    const database = new ScratchDatabase(options.cluster)
    const address = parseClickhouseUrl(database.url(server))
    const http = new ClickhouseHttp(address)
    await initSchema(http, address, options.maxAgeMs)
    http.close()
    return database
  }

  url(server: StoreServer, options: readonly string[] = []): string {
    const all = [...(this.cluster === undefined ? [] : [`cluster=${this.cluster}`]), ...options]
    return server.storeUrl(this.name, all.length > 0 ? `?${all.join('&')}` : '')
  }
}

/** A store that ends with the test; it writes where nothing else is said. */
export async function openClickhouse(
  t: TestContext,
  url: string,
  options: Partial<ClickhouseStoreOptions> = {},
): Promise<Store> {
  const spoolFolder = options.spoolFolder ?? scratchFolder(t)
  const store = await openClickhouseStore({ url, mode: 'write', limits: largeLimits, ...options, spoolFolder })
  t.after(() => store.close())
  return store
}

/** @throws Error where it does not come true within a minute */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${withinMs / 1000} s`)
    await delay(10)
  }
}

/** All that was appended is in the store, and on every replica. */
export async function arrived(
  stores: readonly Store[],
  cluster?: ClickhouseCluster,
  database?: ScratchDatabase,
): Promise<void> {
  for (const store of stores) await until('spooled batches are sent', () => store.status().spooledBytes === 0)
  if (cluster && database) await cluster.inStep(`${database.name}.wirelag_record_shard`)
}

/** A store of its own on a server that stands alone, for the cases that every store must pass. */
export async function storeAlone(t: TestContext, server: StoreServer, limits: StoreLimits): Promise<FreshStore> {
  const spoolFolder = scratchFolder(t)
  const url = (await ScratchDatabase.make(server, { maxAgeMs: limits.maxAgeMs })).url(server)
  const store = await openClickhouse(t, url, { limits, spoolFolder })
  let writer = store
  return {
    store,
    openReader: () => openClickhouse(t, url, { mode: 'read' }),
    openAgain: async () => (writer = await openClickhouse(t, url, { limits, spoolFolder })),
    settled: () => arrived([writer]),
  }
}
