import { closeSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { closeQuietly } from './database-file.ts'
import { decodeRow, isWhole, rowColumns, type RecordRow } from './record-row.ts'
import type { RecordWriter } from './record-writer.ts'
import { SeriesReader } from './series-table.ts'
import { isSqliteError } from './sqlite-trouble.ts'

const rowsPerRead = 200
/** Where a page cannot be read: records that are left out at once, and how often in a row. */
const rowsPerStep = 16
const maxSteps = 2000

/**
 * Copies what can be read of a damaged database into a new one, under the old numbers, and nothing that is not as it was written.
 *
 * @param fresh the new one's file, of which the first page is as it must be
 * @returns how many records were saved
 */
export async function salvage(damagedPath: string, fresh: string, writer: RecordWriter): Promise<number> {
  let saved = 0
  for (const repair of [() => {}, () => renewFirstPage(damagedPath, fresh)]) {
    repair()
    saved = await salvageRows(damagedPath, writer)
    if (saved > 0) break
  }
  return saved
}

async function salvageRows(damagedPath: string, writer: RecordWriter): Promise<number> {
  // SQLite reads also where the file is shorter than it says, if the schema may be written.
  const db = quietly(() => new DatabaseSync(damagedPath, { defensive: false, timeout: 0 }))
  if (!db) return 0
  let saved = 0
  try {
    const source = quietly(() => {
      db.exec('PRAGMA writable_schema = ON')
      return { series: new SeriesReader(db), rows: readableRows(db) }
    })
    if (!source) return 0
    let last = 0
    for await (const rows of source.rows) {
      writer.transact(() => {
        for (const row of rows) {
          const known = quietly(() => source.series.find(row.series))
          if (!known || !isWhole(row, known.crc) || row.id <= last) continue
          const read = decodeRow(row, known.series)
          if (!read) continue
          writer.restore(row.id, read.record, row.body)
          last = row.id
          saved++
        }
        return last + 1
      })
    }
    return saved
  } finally {
    closeQuietly(db)
  }
}

/** Rows in the order of their numbers, as far as there is a way to them. */
function readableRows(db: DatabaseSync): AsyncGenerator<RecordRow[]> {
  const select = `SELECT ${rowColumns} FROM record NOT INDEXED WHERE record.id > ?`
  const following = db.prepare(`${select} ORDER BY record.id LIMIT ?`)
  const between = db.prepare(`${select} AND record.id <= ? ORDER BY record.id`)
  return walk(following, between)
}

async function* walk(following: StatementSync, between: StatementSync): AsyncGenerator<RecordRow[]> {
  let after = 0
  let steps = 0
  while (steps < maxSteps) {
    const rows = quietly(() => following.all(after, rowsPerRead) as unknown as RecordRow[])
    const step = rows ?? quietly(() => between.all(after, after + rowsPerStep) as unknown as RecordRow[])
    const next = rows ? rows.at(-1)?.id : after + rowsPerStep
    if (next === undefined || !(next > after)) return
    steps = step ? 0 : steps + 1
    if (step && step.length > 0) yield step
    after = next
    await nextTurn()
  }
}

/** Undefined where SQLite cannot do it. */
function quietly<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (isSqliteError(error)) return undefined
    throw error
  }
}

/** The first page says where the tables are, which is the same in every history: a new one's is put in its place. */
function renewFirstPage(damagedPath: string, fresh: string): void {
  const [damaged, whole] = [openSync(damagedPath, 'r+'), openSync(fresh, 'r')]
  try {
    const header = Buffer.alloc(100)
    readSync(whole, header, 0, header.length, 0)
    const pageBytes = header.readUInt16BE(16)
    const page = Buffer.alloc(pageBytes)
    readSync(whole, page, 0, pageBytes, 0)
    const pages = Math.floor(fstatSync(damaged).size / pageBytes)
    if (pages < 2) return
    page.writeUInt32BE(pages, 28)
    // Pages that are free: none that is known.
    page.writeUInt32BE(0, 32)
    page.writeUInt32BE(0, 36)
    writeSync(damaged, page, 0, pageBytes, 0)
  } finally {
    closeSync(damaged)
    closeSync(whole)
  }
  for (const suffix of ['-wal', '-shm']) rmSync(damagedPath + suffix, { force: true })
}
