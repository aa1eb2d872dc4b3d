import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { StoredRecord } from '../../model/record.ts'
import { closeQuietly, openForWriting } from './database-file.ts'
import { FileSync } from './file-sync.ts'
import { RecordWriter } from './record-writer.ts'
import { salvage } from './salvage.ts'
import { Upkeep, type UpkeepOptions } from './upkeep.ts'

/** A database that is open for writing. */
export class HistoryWriter {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #sync: FileSync
  readonly #inode: number
  readonly #records: RecordWriter
  readonly upkeep: Upkeep

  private constructor(path: string, db: DatabaseSync, options: UpkeepOptions) {
    this.#path = path
    this.#db = db
    this.#inode = statSync(path).ino
    this.#records = new RecordWriter(db)
    this.upkeep = new Upkeep(db, this.#records, options)
    // Last, as what fails before must leave no descriptor open.
    this.#sync = new FileSync(db, path)
  }

  /** @throws OperatorError where a newer version made it; errors of the system and of SQLite, such as of a damaged file */
  static open(path: string, options: UpkeepOptions): HistoryWriter {
    const db = openForWriting(path)
    try {
      return new HistoryWriter(path, db, options)
    } catch (error) {
      closeQuietly(db)
      throw error
    }
  }

  /** Whether the file is still the one that was opened. */
  isInPlace(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode
  }

  /** Keeps records: once it returns they survive the end of this process. */
  append(records: readonly StoredRecord[]): void {
    this.#records.append(records)
  }

  /** Brings them to the disk. */
  sync(): Promise<void> {
    return this.#sync.sync()
  }

  /** Brings it all into the database file. */
  checkpoint(): Promise<void> {
    return this.#sync.checkpoint()
  }

  /** The same, if enough has come together. */
  relieve(): Promise<void> {
    return this.#sync.relieve()
  }

  /** Puts in what can be read of a database that was set aside. */
  salvage(damagedPath: string): Promise<number> {
    return salvage(damagedPath, this.#path, this.#records)
  }

  close(): void {
    closeQuietly(this.#db)
    this.#sync.close()
  }
}
