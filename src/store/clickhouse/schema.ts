import { OperatorError } from '../../lib/operator-error.ts'
import type { ClickhouseHttp } from './clickhouse-http.ts'
import { ClickhouseTrouble } from './clickhouse-trouble.ts'
import { shownAddress, type ClickhouseAddress } from './clickhouse-url.ts'
import { literal } from './sql-text.ts'

/** Of the tables below. Greater with every change, for which `initSchema` then has a step. */
export const schemaVersion = 2

const dayMs = 86_400_000
export const defaultMaxAgeMs = 7 * dayMs

const ddlTimeoutMs = 60_000
const questionTimeoutMs = 10_000

/** What `wirelag store init` made. */
export interface Schema {
  version: number
  cluster: string | undefined
  maxAgeMs: number
}

/** Names of the tables, as they stand in SQL. */
export interface TableNames {
  /** What hosts recorded. */
  records: RecordTable
  /** What older records became. */
  rolled: RecordTable
  schema: string
}

export interface RecordTable {
  /** Written and read: of a cluster it is distributed. */
  all: string
  /** What a server itself holds. */
  held: string
}

/** Where the tables are: the cluster that they were made for, which not every URL says. */
type TablesPlace = Pick<ClickhouseAddress, 'database' | 'cluster'>

export function tableNames(place: TablesPlace): TableNames {
  const ofRecords = (name: string): RecordTable => ({
    all: inDatabase(place, name),
    held: inDatabase(place, heldName(place, name)),
  })
  return { records: ofRecords(recordName), rolled: ofRecords(rolledName), schema: inDatabase(place, schemaName) }
}

const recordName = 'wirelag_record'
const rolledName = 'wirelag_rolled'
const schemaName = 'wirelag_schema'

function inDatabase({ database }: TablesPlace, name: string): string {
  return `\`${database}\`.${name}`
}

function heldName({ cluster }: TablesPlace, name: string): string {
  return cluster === undefined ? name : `${name}_shard`
}

const recordColumns = `
  day UInt32,
  time_ms Int64,
  span_ms Int64,
  kind String,
  host String,
  service String,
  container String,
  pod String,
  namespace String,
  key String,
  body String,
  batch String,
  row UInt32`

const schemaColumns = 'version UInt32, cluster String, max_age_ms UInt64, changed_ms UInt64'

/** Merges make one of rows that were inserted twice. */
const keptBy = 'PARTITION BY day ORDER BY (kind, host, time_ms, batch, row) SETTINGS index_granularity = 1024'
/** How many inserts a shard knows again, each by its content. ClickHouse 18.16 would know 100. */
const knownInserts = 'replicated_deduplication_window = 10000'

/** Makes what is not there: in this order, each of them harmless where it is there. */
export function schemaStatements({ database, cluster }: TablesPlace): string[] {
  const place = { database, cluster }
  const onCluster = cluster === undefined ? '' : ` ON CLUSTER ${literal(cluster)}`
  const create = (name: string, columns: string, engine: string): string =>
    `CREATE TABLE IF NOT EXISTS ${inDatabase(place, name)}${onCluster} (${columns}) ENGINE = ${engine}`
  const zooKeeperPath = (where: string, name: string): string => `'/clickhouse/tables/${where}/${database}/${name}'`
  const tablesOf = (name: string): string[] => {
    const held = heldName(place, name)
    if (cluster === undefined) return [create(held, recordColumns, `ReplacingMergeTree() ${keptBy}`)]
    const replicated = `ReplicatedReplacingMergeTree(${zooKeeperPath('{shard}', name)}, '{replica}')`
    const distributed = `Distributed(${literal(cluster)}, ${literal(database)}, '${held}', cityHash64(host))`
    return [
      create(held, recordColumns, `${replicated} ${keptBy}, ${knownInserts}`),
      create(name, recordColumns, distributed),
    ]
  }
  // Of what is in the schema's table, every server has all; of the records, each shard its own.
  const schemaEngine =
    cluster === undefined
      ? 'MergeTree()'
      : `ReplicatedMergeTree(${zooKeeperPath('all', schemaName)}, '{shard}-{replica}')`
  return [
    `CREATE DATABASE IF NOT EXISTS \`${database}\`${onCluster}`,
    ...tablesOf(recordName),
    ...tablesOf(rolledName),
    create(schemaName, schemaColumns, `${schemaEngine} ORDER BY (version, changed_ms)`),
  ]
}

/**
 * What is there; undefined: nothing.
 *
 * @throws ClickhouseTrouble
 */
export async function readSchema(http: ClickhouseHttp, address: ClickhouseAddress): Promise<Schema | undefined> {
  const { schema } = tableNames(address)
  try {
    const latest = `SELECT version, cluster, max_age_ms FROM ${schema} ORDER BY version DESC, changed_ms DESC LIMIT 1`
    const [row] = await http.rows(latest, { timeoutMs: questionTimeoutMs })
    if (!row) return undefined
    const [version, cluster = '', maxAgeMs] = row
    if (!(Number(version) > 0 && Number(maxAgeMs) > 0))
      throw new ClickhouseTrouble('what answers there is no ClickHouse')
    return { version: Number(version), cluster: cluster === '' ? undefined : cluster, maxAgeMs: Number(maxAgeMs) }
  } catch (error) {
    if (error instanceof ClickhouseTrouble && error.isTableMissing) return undefined
    throw error
  }
}

/**
 * Makes the database and its tables, as far as they are not there.
 *
 * @param maxAgeMs how long records are kept; undefined: as before, else 7 days
 * @throws OperatorError where another schema is there; ClickhouseTrouble
 */
export async function initSchema(
  http: ClickhouseHttp,
  address: ClickhouseAddress,
  maxAgeMs?: number,
): Promise<{ before: Schema | undefined; now: Schema }> {
  const before = await readSchema(http, address)
  if (before) refuseOther(before, address)
  for (const statement of schemaStatements(address))
    await http.command(statement, { timeoutMs: ddlTimeoutMs, settings: ddlSettings(address.cluster) })
  const now: Schema = {
    version: schemaVersion,
    cluster: address.cluster,
    maxAgeMs: maxAgeMs ?? before?.maxAgeMs ?? defaultMaxAgeMs,
  }
  if (before?.version !== now.version || before.maxAgeMs !== now.maxAgeMs) await noteSchema(http, address, now)
  return { before, now }
}

/** How long to wait for all servers, in seconds: less than for the answer. */
export function ddlSettings(cluster: string | undefined): Record<string, number> {
  return cluster === undefined ? {} : { distributed_ddl_task_timeout: 45 }
}

function refuseOther(before: Schema, address: ClickhouseAddress): void {
  if (before.version > schemaVersion) throw newerSchema(before, address)
  if (before.cluster === address.cluster) return
  const isOf = before.cluster === undefined ? 'one server' : `the cluster '${before.cluster}'`
  const advice =
    before.cluster === undefined
      ? 'Leave out cluster=, or take another database.'
      : `Say cluster=${before.cluster}, or take another database.`
  throw new OperatorError('WIRELAG_STORE_SCHEMA', `the tables of ${shownAddress(address)} are of ${isOf}`, { advice })
}

export function newerSchema({ version }: Schema, address: ClickhouseAddress): OperatorError {
  const message = `the tables of ${shownAddress(address)} are of version ${version}, and this wirelag knows ${schemaVersion}`
  return new OperatorError('WIRELAG_STORE_SCHEMA', message, { advice: 'A newer wirelag made them: take that.' })
}

async function noteSchema(http: ClickhouseHttp, address: ClickhouseAddress, schema: Schema): Promise<void> {
  const { version, cluster = '', maxAgeMs } = schema
  const values = `${version}, ${literal(cluster)}, ${Math.round(maxAgeMs)}, ${Date.now()}`
  const { schema: table } = tableNames(address)
  await http.command(`INSERT INTO ${table} (version, cluster, max_age_ms, changed_ms) VALUES (${values})`, {
    timeoutMs: questionTimeoutMs,
  })
}
