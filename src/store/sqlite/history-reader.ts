import { statSync } from 'node:fs'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { RecordQuery, RecordedHost } from '../store.ts'
import { closeQuietly, openForReading, type ReadingConnection } from './database-file.ts'
import { lanesOf } from './lanes.ts'
import { isWhole, rowColumns, type RecordRow } from './record-row.ts'
import { RecordSearch, type SearchResult } from './record-search.ts'
import { SeriesReader } from './series-table.ts'

interface Connection extends ReadingConnection {
  inode: number
}

/** Reads a history, with a connection of its own: what it sees does not change while it reads. */
export class HistoryReader {
  readonly #path: string
  #connection: Connection | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** @throws the same as reading */
  check(): Promise<void> {
    return this.#inTurn(undefined, async () => {})
  }

  /** @throws OperatorError, and errors of the system and of SQLite where nothing can be read at all */
  read(query: RecordQuery): Promise<SearchResult> {
    const nothing: SearchResult = { records: [], spoiltIds: [], damage: [] }
    return this.#inTurn(nothing, (db) => new RecordSearch(db, query).run())
  }

  /** @throws the same */
  hosts(): Promise<RecordedHost[]> {
    return this.#inTurn<RecordedHost[]>([], async (db) => hostsOf(db))
  }

  async close(): Promise<void> {
    await this.#turn.catch(() => {})
    this.#disconnect()
  }

  #inTurn<T>(ofNothing: T, act: (db: DatabaseSync) => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => {
      const db = this.#connect()
      if (!db) return ofNothing
      db.exec('BEGIN')
      try {
        return await act(db)
      } finally {
        if (db.isTransaction) db.exec('ROLLBACK')
      }
    })
    this.#turn = result.catch(() => {})
    return result
  }

  /** The file may have been replaced since it was opened. */
  #connect(): DatabaseSync | undefined {
    const inode = statSync(this.#path).ino
    if (this.#connection?.inode !== inode || this.#connection.isFrozen) {
      this.#disconnect()
      const opened = openForReading(this.#path)
      this.#connection = opened && { ...opened, inode }
    }
    return this.#connection?.db
  }

  #disconnect(): void {
    if (this.#connection) closeQuietly(this.#connection.db)
    this.#connection = undefined
  }
}

/** Each host's first and last record, from both ends of each lane until every host was met. */
function hostsOf(db: DatabaseSync): RecordedHost[] {
  const series = new SeriesReader(db)
  const names = new Set([...series.all()].map((known) => known.series.host))
  const recorded = new Map<string, RecordedHost>()
  const note = (row: RecordRow, unmet: Set<string>): void => {
    const known = series.find(row.series)
    if (!known || !isWhole(row, known.crc)) return
    const { host } = known.series
    unmet.delete(host)
    const { firstUnixMs, lastUnixMs } = recorded.get(host) ?? { firstUnixMs: row.time, lastUnixMs: row.time }
    const [first, last] = [Math.min(firstUnixMs, row.time), Math.max(lastUnixMs, row.time + row.span)]
    recorded.set(host, { host, firstUnixMs: first, lastUnixMs: last })
  }
  const rows = (order: string, ...lane: number[]): Iterable<Record<string, SQLOutputValue>> =>
    db
      .prepare(
        `SELECT ${rowColumns} FROM record INDEXED BY lane WHERE kind = ? AND span = ? ORDER BY record.time ${order}`,
      )
      .iterate(...lane)
  for (const { kind, spanMs } of lanesOf(db)) {
    for (const order of ['ASC', 'DESC']) {
      const unmet = new Set(names)
      for (const row of rows(order, kind, spanMs)) {
        note(row as unknown as RecordRow, unmet)
        if (unmet.size === 0) break
      }
    }
  }
  return [...recorded.values()].toSorted((a, b) => (a.host < b.host ? -1 : 1))
}
