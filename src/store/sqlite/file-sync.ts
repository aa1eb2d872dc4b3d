import { closeSync, fdatasync, fstatSync, openSync } from 'node:fs'
import { promisify } from 'node:util'
import type { DatabaseSync } from 'node:sqlite'

const bringToDisk = promisify(fdatasync)

/** A -wal that is longer is brought into the database. */
const maxWalBytes = 2 ** 22

/**
 * Brings what was written to the disk, beside this thread. SQLite itself (`synchronous`) would stand still for each, for as long as the
 * disk takes; what it must keep to is only the order, which is kept here: the -wal is on the disk before its pages go to the
 * database, and the database before the -wal is begun anew. Nothing may be written meanwhile.
 */
export class FileSync {
  readonly #db: DatabaseSync
  readonly #database: number
  readonly #wal: number

  /** @param db open for writing; this is to be closed after it, as closing a descriptor ends the locks of the file */
  constructor(db: DatabaseSync, path: string) {
    this.#db = db
    this.#database = openSync(path, 'r')
    this.#wal = openSync(`${path}-wal`, 'r')
  }

  /** What was written survives the end of the machine from now on. */
  async sync(): Promise<void> {
    await bringToDisk(this.#wal)
    await this.relieve()
  }

  /** Brings the -wal into the database, if it is long. */
  async relieve(): Promise<void> {
    if (fstatSync(this.#wal).size > maxWalBytes) await this.checkpoint()
  }

  /** Brings the -wal into the database. */
  async checkpoint(): Promise<void> {
    await bringToDisk(this.#wal)
    this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)')
    await bringToDisk(this.#database)
    const isBegunAnew = this.#truncateWal()
    // A reader keeps it from that: SQLite will begin it anew when it can, and must then look to the order itself.
    this.#db.exec(`PRAGMA synchronous = ${isBegunAnew ? 'OFF' : 'NORMAL'}`)
  }

  #truncateWal(): boolean {
    this.#db.exec('PRAGMA busy_timeout = 0')
    try {
      return Number(this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy']) === 0
    } finally {
      this.#db.exec('PRAGMA busy_timeout = 100')
    }
  }

  /** To be called once the database is closed. */
  close(): void {
    closeSync(this.#database)
    closeSync(this.#wal)
  }
}
