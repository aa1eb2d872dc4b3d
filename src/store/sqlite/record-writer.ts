import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoredRecord } from '../../model/record.ts'
import { packBody } from './body-text.ts'
import { inTransaction } from './database-file.ts'
import { kindCodes, rowChecksum, seriesOf, type RecordRow } from './record-row.ts'
import { SeriesWriter } from './series-table.ts'

/** Writes records, by the one connection that does. */
export class RecordWriter {
  readonly #db: DatabaseSync
  readonly #series: SeriesWriter
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #identity: number
  #nextId: number

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#series = new SeriesWriter(db)
    this.#insert = db.prepare('INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    this.#delete = db.prepare('DELETE FROM record WHERE id = ?')
    this.#identity = Number(db.prepare('PRAGMA application_id').get()?.['application_id'])
    this.#nextId = 1 + Number(db.prepare('SELECT CAST(max(id) AS REAL) AS id FROM record').get()?.['id'] ?? 0)
  }

  get series(): SeriesWriter {
    return this.#series
  }

  append(records: readonly StoredRecord[]): void {
    this.replace([], records)
  }

  /** Puts records in the place of others, all at once. */
  replace(ids: readonly number[], records: readonly StoredRecord[]): void {
    const packed = records.map((record) => packBody(JSON.stringify(record.body) ?? 'null'))
    this.transact(() => {
      for (const id of ids) this.#delete.run(id)
      let id = this.#nextId
      records.forEach((record, i) => this.#put(id++, record, packed[i]!))
      return id
    })
  }

  /** Puts a record where it was before. */
  restore(id: number, record: StoredRecord, body: string | Uint8Array): void {
    this.#put(id, record, body)
  }

  /** @param act what it returns is the next record's number */
  transact(act: () => number | void): void {
    try {
      this.#nextId = inTransaction(this.#db, () => {
        // Each transaction writes the first page: see wal-file.ts.
        this.#db.exec(`PRAGMA application_id = ${this.#identity}`)
        return act() ?? this.#nextId
      })
    } catch (error) {
      this.#series.forget()
      throw error
    }
  }

  #put(id: number, record: StoredRecord, body: string | Uint8Array): void {
    const { id: series, crc: seriesCrc } = this.#series.numberOf(seriesOf(record))
    const key = record.spanMs === 0 ? record.key : null
    const row = { id, kind: kindCodes[record.kind], span: record.spanMs, time: record.timeUnixMs, key, body }
    const crc = rowChecksum(row satisfies Omit<RecordRow, 'series' | 'crc'>, seriesCrc)
    this.#insert.run(id, row.kind, row.span, row.time, series, key, body, crc)
  }
}
