import { setTimeout as delay } from 'node:timers/promises'
import { OperatorError } from '../../lib/operator-error.ts'
import { batchColumns, type BatchChunk } from './batch-file.ts'
import type { ClickhouseHttp } from './clickhouse-http.ts'
import { ClickhouseTrouble } from './clickhouse-trouble.ts'
import { shownAddress, type ClickhouseAddress } from './clickhouse-url.ts'
import { newerSchema, readSchema, schemaVersion, tableNames } from './schema.ts'
import { literal } from './sql-text.ts'
import type { Spool, SpooledBatch } from './spool.ts'

const firstBackoffMs = 250
const maxBackoffMs = 10_000
const insertTimeoutMs = 15_000
const askTimeoutMs = 10_000
/** An INSERT that takes longer is told of. */
const slowMs = 5000
/** What a server says it cannot read is set aside after so many times: a proxy may have spoilt it on the way. */
const maxRefusals = 3
/** What was handed over to a server to be sent on, is so again only after this long. */
const handOverAgainMs = 600_000
const handOverWaitMs = 3000
const handOverPollMs = 100

interface SenderOptions {
  spool: Spool
  http: ClickhouseHttp
  address: ClickhouseAddress
}

/** Brings what is in the spool to the store, one batch after the other. What goes wrong is tried again. */
export class Sender {
  readonly #options: SenderOptions
  readonly #table: string
  readonly #closing = new AbortController()
  #run: Promise<void> | undefined
  #trouble: string | undefined
  #sinceMs: number | undefined
  #hasSchema = false
  /** Whether what is tried may be in the store already: the answer was lost, or that of the process before. */
  #isInDoubt = true
  /** Chunks of the oldest batch that are in the store. */
  #sentChunks = 0
  #refusals = 0
  #handedOverMs = -Infinity

  constructor(options: SenderOptions) {
    this.#options = options
    this.#table = tableNames(options.address).records.all
    this.wake()
  }

  /** Why what is spooled is not sent; undefined: it is. */
  get trouble(): string | undefined {
    if (this.#trouble !== undefined || this.#sinceMs === undefined) return this.#trouble
    const waitedMs = performance.now() - this.#sinceMs
    return waitedMs > slowMs ? this.#told(`no answer for ${Math.round(waitedMs / 1000)} s`) : undefined
  }

  /** There is something to be sent. */
  wake(): void {
    if (this.#run || this.#closing.signal.aborted || this.#options.spool.isEmpty) return
    this.#run = this.#drain().finally(() => {
      this.#run = undefined
      this.wake()
    })
  }

  async #drain(): Promise<void> {
    let backoffMs = firstBackoffMs
    for (let batch = this.#next(); batch; batch = this.#next()) {
      try {
        this.#sinceMs = performance.now()
        await this.#send(batch)
        this.#trouble = undefined
        backoffMs = firstBackoffMs
      } catch (error) {
        this.#trouble = this.#told(troubleText(error))
        await delay(backoffMs * (0.75 + Math.random() / 2), undefined, { signal: this.#closing.signal }).catch(() => {})
        backoffMs = Math.min(backoffMs * 2, maxBackoffMs)
      } finally {
        this.#sinceMs = undefined
      }
    }
  }

  #next(): SpooledBatch | undefined {
    return this.#closing.signal.aborted ? undefined : this.#options.spool.take()
  }

  #told(text: string): string {
    return `${shownAddress(this.#options.address)}: ${text}`
  }

  async #send(batch: SpooledBatch): Promise<void> {
    const { spool } = this.#options
    await this.#needSchema()
    let chunkIndex = 0
    const chunks = spool.chunks(batch)
    for (;;) {
      const chunk = await this.#nextChunk(chunks, batch)
      if (!chunk) break
      if (chunkIndex++ < this.#sentChunks) continue
      try {
        // After one that is there, the next may be there, too.
        if (!this.#isInDoubt || !(await this.#isThere(batch, chunk))) {
          await this.#insert(batch, chunk)
          this.#isInDoubt = false
        }
      } catch (error) {
        await chunks.return(undefined)
        await this.#refused(batch, error)
        throw error
      }
      this.#sentChunks = chunkIndex
    }
    await spool.remove(batch)
    this.#startAnew()
  }

  /** Undefined: there is none any more, or it was set aside. */
  async #nextChunk(chunks: AsyncGenerator<BatchChunk>, batch: SpooledBatch): Promise<BatchChunk | undefined> {
    try {
      const { value, done } = await chunks.next()
      return done === true ? undefined : value
    } catch (error) {
      // A file that cannot be read now may be read later.
      if (error instanceof Error && 'syscall' in error && !('code' in error && error.code === 'ENOENT')) throw error
      await this.#options.spool.putAside(batch)
      return undefined
    }
  }

  async #needSchema(): Promise<void> {
    if (this.#hasSchema) return
    const { http, address } = this.#options
    const schema = await readSchema(http, address)
    if (!schema)
      throw new OperatorError('WIRELAG_STORE_SCHEMA', "it has no tables of wirelag: 'wirelag store init' makes them")
    if (schema.version > schemaVersion) throw newerSchema(schema, address)
    this.#hasSchema = true
  }

  /** Shards that are away say nothing; what is on them is sent again, and known there by its content. */
  async #isThere({ id }: SpooledBatch, { firstRow, rows, firstDay, lastDay }: BatchChunk): Promise<boolean> {
    const where = [
      `day >= ${firstDay} AND day <= ${lastDay}`,
      `batch = ${literal(id)}`,
      `row >= ${firstRow} AND row < ${firstRow + rows}`,
    ]
    const sql = `SELECT uniqExact(row) FROM ${this.#table} WHERE ${where.join(' AND ')}`
    const settings = { skip_unavailable_shards: 1 }
    const [row] = await this.#options.http.rows(sql, { timeoutMs: askTimeoutMs, settings })
    return Number(row?.[0]) === rows
  }

  async #insert(batch: SpooledBatch, chunk: BatchChunk): Promise<void> {
    // Until it has an answer. One that was cut off may have been carried out.
    this.#isInDoubt = true
    try {
      await this.#insertBy(chunk, { isSynchronous: true })
    } catch (error) {
      if (!(error instanceof ClickhouseTrouble && error.isShardAway)) throw error
      await this.#handOver(batch, chunk, error)
    }
  }

  /**
   * ClickHouse 18.16 inserts at once only while every shard is there, also those that the rows are not for. So while one is away, the
   * server that is asked sends the rows on; they stay here until they are seen.
   */
  async #handOver(batch: SpooledBatch, chunk: BatchChunk, away: ClickhouseTrouble): Promise<void> {
    const nowMs = performance.now()
    if (nowMs - this.#handedOverMs < handOverAgainMs) throw away
    await this.#insertBy(chunk, { isSynchronous: false })
    this.#handedOverMs = nowMs
    while (performance.now() - nowMs < handOverWaitMs && !this.#closing.signal.aborted) {
      if (await this.#isThere(batch, chunk)) {
        this.#handedOverMs = -Infinity
        return
      }
      await delay(handOverPollMs)
    }
    throw away
  }

  async #insertBy({ body }: BatchChunk, { isSynchronous }: { isSynchronous: boolean }): Promise<void> {
    await this.#options.http.insert(`INSERT INTO ${this.#table} (${batchColumns})`, body, {
      timeoutMs: insertTimeoutMs,
      // Of a cluster: answered when it is on the shard, and not when it waits on the server that was asked.
      settings: { insert_distributed_sync: Number(isSynchronous) },
    })
  }

  async #refused(batch: SpooledBatch, error: unknown): Promise<void> {
    if (!(error instanceof ClickhouseTrouble)) return
    if (error.isTableMissing) this.#hasSchema = false
    if (!error.isOfWhatWasSent || ++this.#refusals < maxRefusals) return
    await this.#options.spool.putAside(batch)
    this.#startAnew()
  }

  #startAnew(): void {
    this.#sentChunks = 0
    this.#refusals = 0
    this.#isInDoubt = false
    this.#handedOverMs = -Infinity
  }

  /** @param graceMs in which what is spooled is still sent, where nothing is the matter */
  async close(graceMs: number): Promise<void> {
    const deadlineMs = performance.now() + graceMs
    while (this.#run && this.#trouble === undefined && performance.now() < deadlineMs)
      await Promise.race([this.#run, delay(20)])
    this.#closing.abort()
    this.#options.http.close()
    await this.#run
  }
}

function troubleText(error: unknown): string {
  if (error instanceof ClickhouseTrouble && error.isShardAway) return 'no server of a shard can be reached'
  return error instanceof Error ? error.message : String(error)
}
