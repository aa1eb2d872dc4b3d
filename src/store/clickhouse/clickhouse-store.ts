import { setTimeout as delay } from 'node:timers/promises'
import { OperatorError } from '../../lib/operator-error.ts'
import type { StoredRecord } from '../../model/record.ts'
import type { RollUp } from '../roll-up-tiers.ts'
import type { RecordedHost, RecordQuery, Store, StoreLimits, StoreStatus } from '../store.ts'
import { ClickhouseHttp } from './clickhouse-http.ts'
import { ClickhouseTrouble } from './clickhouse-trouble.ts'
import { parseClickhouseUrl, shownAddress, type ClickhouseAddress } from './clickhouse-url.ts'
import { isOfNothing, recordOf, selectRecords } from './record-select.ts'
import { tableNames, type RecordTable, type TableNames } from './schema.ts'
import { Sender } from './sender.ts'
import { Spool } from './spool.ts'
import { Upkeep } from './upkeep.ts'

export interface ClickhouseStoreOptions {
  /** `clickhouse://…`, see clickhouse-url.ts. */
  url: string
  /** Of who writes: made with 0700 where it is not there. */
  spoolFolder: string
  mode: 'read' | 'write'
  /** How much may wait on the local disk. How long records are kept is said by `wirelag store init`. */
  limits: StoreLimits
  /** Absent: steps stay as they are. */
  rollUp?: RollUp
}

const readTimeoutMs = 60_000
const closeGraceMs = 3000
const maintainWaitMs = 5000

/**
 * Opens a history in ClickHouse, which need not be there yet to be written to.
 *
 * @throws OperatorError where the URL is none, or another process writes to the spool
 */
export async function openClickhouseStore(options: ClickhouseStoreOptions): Promise<Store> {
  return new ClickhouseStore(parseClickhouseUrl(options.url), options)
}

class ClickhouseStore implements Store {
  readonly #address: ClickhouseAddress
  readonly #options: ClickhouseStoreOptions
  readonly #http: ClickhouseHttp
  readonly #tables: TableNames
  readonly #upkeep: Upkeep
  /** Who appended. */
  readonly #hosts = new Set<string>()
  #spool: Spool | undefined
  #sender: Sender | undefined
  #pausedFor: string | undefined
  #droppedRecords = 0
  #upkeepRound: Promise<void> | undefined
  #isClosed = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor(address: ClickhouseAddress, options: ClickhouseStoreOptions) {
    this.#address = address
    this.#options = options
    this.#http = new ClickhouseHttp(address)
    this.#tables = tableNames(address)
    this.#upkeep = new Upkeep({ http: this.#http, address, rollUp: options.rollUp })
    if (options.mode === 'read') return
    try {
      this.#ready()
    } catch (error) {
      this.#pause(error)
    }
  }

  #ready(): { spool: Spool; sender: Sender } {
    const { spoolFolder, limits } = this.#options
    this.#spool ??= Spool.open({ folder: spoolFolder, maxBytes: limits.maxBytes })
    const spool = this.#spool
    this.#sender ??= new Sender({ spool, http: this.#http, address: this.#address })
    return { spool, sender: this.#sender }
  }

  /** @throws what is not the system's */
  #pause(error: unknown): void {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    this.#pausedFor = `${this.#options.spoolFolder}: ${error.message}`
  }

  append(records: readonly StoredRecord[]): Promise<void> {
    return this.#inTurn(async () => {
      if (records.length === 0) return
      if (this.#isClosed || this.#options.mode === 'read') {
        this.#droppedRecords += records.length
        return
      }
      try {
        const { spool, sender } = this.#ready()
        await spool.add(records)
        for (const { host } of records) this.#hosts.add(host)
        this.#pausedFor = undefined
        sender.wake()
      } catch (error) {
        this.#droppedRecords += records.length
        this.#pause(error)
      }
    })
  }

  async read(query: RecordQuery): Promise<StoredRecord[]> {
    if (isOfNothing(query)) return []
    const records = await this.#ask(selectRecords(this.#tables, query, Date.now()), recordOf)
    return query.latest === undefined ? records : records.toReversed()
  }

  async hosts(): Promise<RecordedHost[]> {
    const { records, rolled } = this.#tables
    const timesOf = ({ all }: RecordTable): string =>
      `SELECT host, min(time_ms) AS first, max(time_ms + span_ms) AS last FROM ${all} GROUP BY host`
    const sql = `SELECT host, min(first), max(last) FROM (${timesOf(records)} UNION ALL ${timesOf(rolled)}) GROUP BY host`
    const hosts = await this.#ask(sql, ([host = '', first, last]) => ({
      host,
      firstUnixMs: Number(first),
      lastUnixMs: Number(last),
    }))
    return hosts.toSorted((a, b) => (a.host < b.host ? -1 : Number(a.host > b.host)))
  }

  async #ask<T>(sql: string, decode: (row: readonly string[]) => T): Promise<T[]> {
    const settings = { skip_unavailable_shards: Number(this.#address.isPartialAllowed) }
    try {
      const rows = await this.#http.rows(sql, { timeoutMs: readTimeoutMs, settings })
      return rows.map(decode)
    } catch (error) {
      if (error instanceof ClickhouseTrouble) throw unreadable(error, this.#address)
      throw error
    }
  }

  status(): StoreStatus {
    const reader = this.#options.mode === 'read' ? 'it was opened to be read' : undefined
    const paused = reader ?? this.#pausedFor
    const trouble = this.#sender?.trouble
    return {
      state: paused === undefined ? (trouble === undefined ? 'recording' : 'spooling') : 'paused',
      reason: paused ?? trouble,
      bytes: undefined,
      droppedRecords: this.#droppedRecords + (this.#spool?.droppedRecords ?? 0),
      setAside: this.#spool?.setAside ?? 0,
      spooledBytes: this.#spool?.bytes ?? 0,
    }
  }

  /** What takes long goes on by itself. */
  async maintain(nowUnixMs: number): Promise<void> {
    if (this.#isClosed || this.#options.mode === 'read') return
    const ownHosts = this.#spool?.isEmpty ? this.#hosts : []
    this.#upkeepRound ??= this.#upkeep.round(nowUnixMs, ownHosts).finally(() => {
      this.#upkeepRound = undefined
    })
    await Promise.race([this.#upkeepRound, delay(maintainWaitMs, undefined, { ref: false })])
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(act)
    this.#turn = result.catch(() => {})
    return result
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isClosed) return
      this.#isClosed = true
      await this.#sender?.close(closeGraceMs)
      this.#http.close()
      await this.#upkeepRound
      this.#spool?.close()
    })
  }
}

/** What cannot be read, with what to do about it. */
export function unreadable(trouble: ClickhouseTrouble, address: ClickhouseAddress): OperatorError {
  const where = shownAddress(address)
  if (trouble.isShardAway)
    return new OperatorError(
      'WIRELAG_STORE_PARTIAL',
      `${where}: no server of a shard can be reached, so that its hosts would be missing`,
      {
        advice: 'partial=yes in the URL of the store reads what is there.',
        cause: trouble,
      },
    )
  if (trouble.isTableMissing)
    return new OperatorError('WIRELAG_NO_HISTORY', `${where} lacks tables of wirelag`, {
      advice: "'wirelag store init' makes them.",
      cause: trouble,
    })
  return new OperatorError('WIRELAG_HISTORY_UNREADABLE', `${where} cannot be read: ${trouble.message}`, {
    cause: trouble,
  })
}
