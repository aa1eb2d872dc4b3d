import { randomInt } from 'node:crypto'
import { chmodSync, closeSync, openSync, statSync } from 'node:fs'
import { DatabaseSync, type DatabaseSyncOptions } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { OperatorError } from '../../lib/operator-error.ts'
import { isIntact, isSmall } from './integrity-check.ts'

/** What the tables are like. One that is newer is not touched. */
const schemaVersion = 1

const schema = [
  'CREATE TABLE series (id INTEGER PRIMARY KEY, host TEXT, service TEXT, container TEXT, pod TEXT, namespace TEXT, key TEXT, crc INTEGER)',
  'CREATE INDEX series_crc ON series (crc)',
  'CREATE TABLE record (id INTEGER PRIMARY KEY, kind INTEGER, span INTEGER, time INTEGER, series INTEGER, key TEXT, body, crc INTEGER)',
  'CREATE INDEX lane ON record (kind, span, time)',
].join(';\n')

/** How long a reader waits for a lock; the writer must not be kept. */
const readerTimeoutMs = 5000
const writerTimeoutMs = 100

/** The version with its complement beside it, so that a flipped bit is not taken for a newer version. */
function versionMark(version: number): number {
  return version * 65_536 + (65_535 - version)
}

/** A file is not a history that this version can use. Its code is that of SQLITE_CORRUPT. */
export class DamagedHistory extends Error {
  readonly errcode = 11
}

/**
 * Opens the database for the writer, and makes its tables if it is new.
 *
 * @throws OperatorError where a newer version made it, DamagedHistory and SQLite's errors
 */
export function openForWriting(path: string): DatabaseSync {
  // Closing any descriptor of a file ends the locks that this process has on it: one that is there is not opened.
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) closeSync(openSync(path, 'a', 0o600))
  else if (found.mode & 0o077) chmodSync(path, 0o600)
  const db = new DatabaseSync(path, { timeout: writerTimeoutMs })
  try {
    if (!isMade(db, path)) make(db)
    // What is written is brought to the disk by FileSync, beside this thread.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0')
    db.exec('PRAGMA cache_size = -4000')
    if (isSmall(statSync(path).size) && !isIntact(db)) throw new DamagedHistory(`${path} is not intact`)
    return db
  } catch (error) {
    closeQuietly(db)
    throw error
  }
}

function make(db: DatabaseSync): void {
  db.exec('PRAGMA auto_vacuum = INCREMENTAL')
  const identity = randomInt(1, 2 ** 31)
  const stamps = `PRAGMA application_id = ${identity}; PRAGMA user_version = ${versionMark(schemaVersion)}`
  db.exec(`BEGIN IMMEDIATE; ${schema}; ${stamps}; COMMIT`)
}

/** A connection that reads. */
export interface ReadingConnection {
  db: DatabaseSync
  /** It takes the file to stay as it is. */
  isFrozen: boolean
}

/**
 * Opens the database for reading, also where nothing may be written beside it; undefined: it holds nothing yet.
 *
 * @throws OperatorError where a newer version made it, DamagedHistory and SQLite's errors
 */
export function openForReading(path: string): ReadingConnection | undefined {
  const options = { readOnly: true, timeout: readerTimeoutMs }
  try {
    const db = openIfMade(path, path, options)
    return db && { db, isFrozen: false }
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error && Number(error.errcode) % 256 === 14)) throw error
    // It has no -wal beside it, and none can be made: nobody writes.
    const location = pathToFileURL(path)
    location.searchParams.set('immutable', '1')
    const db = openIfMade(location, path, options)
    return db && { db, isFrozen: true }
  }
}

function openIfMade(place: string | URL, path: string, options: DatabaseSyncOptions): DatabaseSync | undefined {
  const db = new DatabaseSync(place, options)
  try {
    if (isMade(db, path)) return db
  } catch (error) {
    closeQuietly(db)
    throw error
  }
  closeQuietly(db)
  return undefined
}

/** False: it is empty, as it has just been made. */
function isMade(db: DatabaseSync, path: string): boolean {
  const mark = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  const version = Math.floor(mark / 65_536)
  const isMark = mark === versionMark(version)
  if (isMark && version > schemaVersion)
    throw new OperatorError(
      'WIRELAG_HISTORY_TOO_NEW',
      `the history ${path} was written by a newer wirelag (its format is ${version}, this one knows ${schemaVersion})`,
      { advice: 'use that version, or another folder' },
    )
  const rows = db.prepare('SELECT sql FROM sqlite_schema ORDER BY rowid').all()
  const found = rows.map(({ sql }) => String(sql)).join(';\n')
  if (mark === 0 && found === '') return false
  if (!isMark || version !== schemaVersion || found !== schema) throw new DamagedHistory(`${path} is no history`)
  return true
}

export function closeQuietly(db: DatabaseSync): void {
  try {
    db.close()
  } catch {
    // What could not be written at its end is told by the next who opens it.
  }
}

/** All of it, or nothing. */
export function inTransaction<T>(db: DatabaseSync, act: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = act()
    db.exec('COMMIT')
    return result
  } catch (error) {
    try {
      if (db.isTransaction) db.exec('ROLLBACK')
    } catch {
      // What went wrong first is what counts.
    }
    throw error
  }
}
