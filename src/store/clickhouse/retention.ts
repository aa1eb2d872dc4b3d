import type { ClickhouseHttp } from './clickhouse-http.ts'
import type { ClickhouseAddress } from './clickhouse-url.ts'
import { dayNumber } from './day-number.ts'
import { ddlSettings, readSchema, schemaVersion, tableNames } from './schema.ts'
import { literal } from './sql-text.ts'

const findTimeoutMs = 30_000
const dropTimeoutMs = 60_000

/**
 * Drops the days that are too old as a whole, by the age that the schema says.
 *
 * @throws ClickhouseTrouble
 */
export async function forgetOldDays(
  http: ClickhouseHttp,
  address: ClickhouseAddress,
  nowUnixMs: number,
): Promise<void> {
  const schema = await readSchema(http, address)
  if (!schema || schema.version > schemaVersion) return
  const { cluster, maxAgeMs } = schema
  const { records, held } = tableNames(address, { isDistributed: cluster !== undefined })
  const old = `SELECT DISTINCT day FROM ${records} WHERE day < ${dayNumber(nowUnixMs - maxAgeMs)}`
  const days = await http.rows(old, { timeoutMs: findTimeoutMs, settings: { skip_unavailable_shards: 1 } })
  const onCluster = cluster === undefined ? '' : ` ON CLUSTER ${literal(cluster)}`
  for (const day of days.map(([text]) => Number(text)).toSorted((a, b) => a - b))
    await http.command(`ALTER TABLE ${held}${onCluster} DROP PARTITION ${day}`, {
      timeoutMs: dropTimeoutMs,
      settings: ddlSettings(cluster),
    })
}
