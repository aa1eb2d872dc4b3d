import { OperatorError } from '../../lib/operator-error.ts'
import type { RecordedHost } from '../store.ts'
import { ClickhouseHttp } from './clickhouse-http.ts'
import { openClickhouseStore, unreadable } from './clickhouse-store.ts'
import { ClickhouseTrouble } from './clickhouse-trouble.ts'
import { parseClickhouseUrl, shownAddress, type ClickhouseAddress } from './clickhouse-url.ts'
import { initSchema, readSchema, type Schema } from './schema.ts'
import { defaultLimits } from '../open-store.ts'

/** What is in a ClickHouse. */
export interface ClickhouseStoreReport extends Schema {
  /** Without user and password. */
  where: string
  hosts: RecordedHost[]
}

/**
 * Makes the database and its tables, as far as they are not there.
 *
 * @param maxAgeMs how long records are kept; undefined: as before, else 7 days
 * @throws OperatorError
 */
export async function initClickhouse(
  url: string,
  maxAgeMs?: number,
): Promise<{ where: string; before: Schema | undefined; now: Schema }> {
  return asking(url, async (http, address) => {
    try {
      return { where: shownAddress(address), ...(await initSchema(http, address, maxAgeMs)) }
    } catch (error) {
      if (!(error instanceof ClickhouseTrouble)) throw error
      const advice =
        address.cluster === undefined ? '' : 'All servers of the cluster must run, with macros shard and replica.'
      const message = `the tables of ${shownAddress(address)} cannot be made: ${error.message}`
      throw new OperatorError('WIRELAG_STORE_INIT', message, { advice, cause: error })
    }
  })
}

/** @throws OperatorError where it cannot be read, or there is none */
export async function clickhouseReport(url: string): Promise<ClickhouseStoreReport> {
  const { where, schema } = await asking(url, async (http, address) => ({
    where: shownAddress(address),
    schema: await readSchema(http, address),
  }))
  if (!schema)
    throw new OperatorError('WIRELAG_NO_HISTORY', `${where} has no tables of wirelag`, {
      advice: "'wirelag store init' makes them.",
    })
  const store = await openClickhouseStore({ url, mode: 'read', limits: defaultLimits, spoolFolder: '' })
  try {
    return { where, ...schema, hosts: await store.hosts() }
  } finally {
    await store.close()
  }
}

async function asking<T>(
  url: string,
  ask: (http: ClickhouseHttp, address: ClickhouseAddress) => Promise<T>,
): Promise<T> {
  const address = parseClickhouseUrl(url)
  const http = new ClickhouseHttp(address)
  try {
    return await ask(http, address)
  } catch (error) {
    if (error instanceof ClickhouseTrouble) throw unreadable(error, address)
    throw error
  } finally {
    http.close()
  }
}
