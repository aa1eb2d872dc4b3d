import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { StoredRecord } from '../../model/record.ts'
import { passesText } from '../../model/text-choice.ts'
import type { RecordQuery } from '../store.ts'
import { lanesOf, type Lane } from './lanes.ts'
import { decodeRow, isWhole, kindCodes, rowColumns, type ReadRow, type RecordRow, type Series } from './record-row.ts'
import { SeriesReader } from './series-table.ts'
import { isDamage } from './sqlite-trouble.ts'

/** Rows that are read before others get a turn. */
const rowsPerTurn = 500

/** What a search found, and what stood in its way. */
export interface SearchResult {
  records: StoredRecord[]
  /** Numbers of rows that are not as they were written. */
  spoiltIds: number[]
  /** Of parts of the database that cannot be read. */
  damage: unknown[]
}

interface FoundRecord {
  id: number
  record: StoredRecord
}

/** One search in a database, which must not change meanwhile: its caller holds a transaction. */
export class RecordSearch {
  readonly #db: DatabaseSync
  readonly #query: RecordQuery
  readonly #series: SeriesReader
  readonly #found = new Map<number, FoundRecord>()
  readonly #spoiltIds: number[] = []
  readonly #damage: unknown[] = []
  #rows = 0

  constructor(db: DatabaseSync, query: RecordQuery) {
    this.#db = db
    this.#query = query
    this.#series = new SeriesReader(db)
  }

  async run(): Promise<SearchResult> {
    const kinds = this.#query.kinds && new Set(this.#query.kinds.map((kind) => kindCodes[kind]))
    const [lanes, wanted] = [this.#attempt(() => lanesOf(this.#db)), this.#attempt(() => this.#wantedSeries())]
    for (const lane of lanes ?? []) {
      if (kinds && !kinds.has(lane.kind)) continue
      try {
        await this.#searchLane(lane, wanted)
      } catch (error) {
        this.#note(error)
      }
    }
    const sorted = [...this.#found.values()].toSorted(byTime)
    const { latest } = this.#query
    const last = latest === undefined ? sorted : sorted.slice(Math.max(0, sorted.length - latest))
    return { records: last.map(({ record }) => record), spoiltIds: this.#spoiltIds, damage: this.#damage }
  }

  #attempt<T>(act: () => T): T | undefined {
    try {
      return act()
    } catch (error) {
      this.#note(error)
      return undefined
    }
  }

  #note(error: unknown): void {
    if (!isDamage(error)) throw error
    this.#damage.push(error)
  }

  /** Of the subjects that are asked for; undefined: of all. */
  #wantedSeries(): number[] | undefined {
    const { hosts, service, container, pod, namespace } = this.#query
    if (!hosts && !service && !container && !pod && !namespace) return undefined
    return [...this.#series.all()].filter(({ series }) => this.#isWanted(series)).map(({ id }) => id)
  }

  #isWanted(series: Series): boolean {
    const { hosts, service, container, pod, namespace } = this.#query
    return (
      (!hosts || hosts.includes(series.host)) &&
      passesText(service, [series.service]) &&
      passesText(container, [series.container]) &&
      passesText(pod, [series.pod]) &&
      passesText(namespace, [series.namespace])
    )
  }

  async #searchLane(lane: Lane, wanted: number[] | undefined): Promise<void> {
    const { fromUnixMs, toUnixMs, latest } = this.#query
    // A step that ends at the begin is out of it; a moment at the begin is in it.
    const after = fromUnixMs - Math.max(lane.spanMs, 1)
    const parameters: SQLInputValue[] = [lane.kind, lane.spanMs, after, toUnixMs]
    if (wanted) parameters.push(JSON.stringify(wanted))
    const rows = this.#laneRows(!wanted).iterate(...parameters)
    let found = 0
    for (const row of rows) {
      if (++this.#rows % rowsPerTurn === 0) await nextTurn()
      if (!this.#take(row as unknown as RecordRow)) continue
      found++
      if (latest !== undefined && found >= latest) break
    }
  }

  #laneRows(ofAll: boolean): StatementSync {
    const order = this.#query.latest === undefined ? 'time, id' : 'time DESC, id DESC'
    return this.#db.prepare(`
      SELECT ${rowColumns} FROM record INDEXED BY lane
      WHERE kind = ? AND span = ? AND record.time > ? AND record.time < ?
        ${ofAll ? '' : 'AND record.series IN (SELECT value FROM json_each(?))'}
      ORDER BY record.${order.replace(', ', ', record.')}
    `)
  }

  /** Whether the row is one that was looked for. What the index says is not believed. */
  #take(row: RecordRow): boolean {
    const known = this.#series.find(row.series)
    if (!known || !isWhole(row, known.crc)) {
      this.#spoiltIds.push(row.id)
      return false
    }
    const read = decodeRow(row, known.series)
    if (!read || this.#found.has(row.id) || !this.#isWanted(known.series) || !this.#fits(read)) return false
    this.#found.set(row.id, { id: row.id, record: read.record })
    return true
  }

  #fits({ json, record }: ReadRow): boolean {
    const { fromUnixMs, toUnixMs, kinds, text } = this.#query
    const { timeUnixMs, spanMs } = record
    return (
      timeUnixMs < toUnixMs &&
      (timeUnixMs >= fromUnixMs || timeUnixMs + spanMs > fromUnixMs) &&
      (!kinds || kinds.includes(record.kind)) &&
      (text === undefined || json.includes(text))
    )
  }
}

function byTime(a: FoundRecord, b: FoundRecord): number {
  return a.record.timeUnixMs - b.record.timeUnixMs || a.id - b.id
}
