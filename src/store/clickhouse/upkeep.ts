import { coarsestTier, type RollUp } from '../roll-up-tiers.ts'
import type { ClickhouseHttp } from './clickhouse-http.ts'
import { ClickhouseTrouble } from './clickhouse-trouble.ts'
import type { ClickhouseAddress } from './clickhouse-url.ts'
import { CoarseSteps } from './coarse-steps.ts'
import { dayNumber } from './day-number.ts'
import { ddlSettings, readSchema, schemaVersion, tableNames, type RecordTable, type Schema } from './schema.ts'
import { literal } from './sql-text.ts'

const findTimeoutMs = 30_000
const dropTimeoutMs = 60_000
const hourMs = 3_600_000
/** Where it did not work. */
const againMs = 600_000

interface UpkeepOptions {
  http: ClickhouseHttp
  address: ClickhouseAddress
  /** Undefined: steps stay as they are. */
  rollUp: RollUp | undefined
}

/** Forgets and rolls up. Every agent of a fleet rolls up what is its own, and forgets for all of them. */
export class Upkeep {
  readonly #options: UpkeepOptions
  readonly #coarseSteps: CoarseSteps | undefined
  #schema: Schema | undefined
  #hourlyAtUnixMs = -Infinity
  #atUnixMs = -Infinity

  constructor(options: UpkeepOptions) {
    const { http, address, rollUp } = options
    this.#options = options
    this.#coarseSteps = rollUp && new CoarseSteps(http, tableNames(address), rollUp)
  }

  /** @param ownHosts of which all that was recorded is in the store */
  async round(nowUnixMs: number, ownHosts: Iterable<string>): Promise<void> {
    if (nowUnixMs < this.#atUnixMs) return
    try {
      const isHourly = nowUnixMs >= this.#hourlyAtUnixMs
      if (isHourly) this.#schema = await this.#ownSchema()
      if (!this.#schema) {
        this.#atUnixMs = nowUnixMs + againMs
        return
      }
      const coarseSteps = this.#schema.maxAgeMs > coarsestTier.afterMs ? this.#coarseSteps : undefined
      for (const host of ownHosts) await coarseSteps?.makeOfHost(host, nowUnixMs - coarsestTier.afterMs)
      if (!isHourly) return
      await this.#forget(this.#schema, nowUnixMs, coarseSteps)
      this.#hourlyAtUnixMs = nowUnixMs + hourMs
    } catch (error) {
      if (!(error instanceof ClickhouseTrouble)) throw error
      this.#atUnixMs = nowUnixMs + againMs
    }
  }

  /** Undefined: it is not there, or of another version. */
  async #ownSchema(): Promise<Schema | undefined> {
    const { http, address } = this.#options
    const schema = await readSchema(http, address)
    return schema?.version === schemaVersion ? schema : undefined
  }

  /** Days as a whole: those that are too old, and the finer steps of those that were rolled up. */
  async #forget(schema: Schema, nowUnixMs: number, coarseSteps: CoarseSteps | undefined): Promise<void> {
    const { database } = this.#options.address
    const { records, rolled } = tableNames({ database, cluster: schema.cluster })
    const oldest = dayNumber(nowUnixMs - schema.maxAgeMs)
    for (const table of [records, rolled])
      for (const day of await this.#daysBefore(table, oldest)) await this.#drop(table, day, schema)
    if (!coarseSteps) return
    // By an hour later than each host for itself, so that there is little left to be done for others.
    for (const day of await this.#daysBefore(records, dayNumber(nowUnixMs - coarsestTier.afterMs - hourMs))) {
      await coarseSteps.makeOfDay(day)
      await this.#drop(records, day, schema)
    }
  }

  /** As far as shards are there. */
  async #daysBefore({ all }: RecordTable, day: number): Promise<number[]> {
    const settings = { skip_unavailable_shards: 1 }
    const sql = `SELECT DISTINCT day FROM ${all} WHERE day < ${day}`
    const days = await this.#options.http.rows(sql, { timeoutMs: findTimeoutMs, settings })
    return days.map(([text]) => Number(text)).toSorted((a, b) => a - b)
  }

  async #drop({ held }: RecordTable, day: number, { cluster }: Schema): Promise<void> {
    const onCluster = cluster === undefined ? '' : ` ON CLUSTER ${literal(cluster)}`
    await this.#options.http.command(`ALTER TABLE ${held}${onCluster} DROP PARTITION ${day}`, {
      timeoutMs: dropTimeoutMs,
      settings: ddlSettings(cluster),
    })
  }
}
