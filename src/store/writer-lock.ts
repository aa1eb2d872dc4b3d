import { closeSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { OperatorError } from '../lib/operator-error.ts'

/**
 * Held by the one process that writes to a folder, and ended with it by the kernel, however it ends: a lock of SQLite's on an empty
 * file beside the database.
 */
export class WriterLock {
  readonly #db: DatabaseSync

  private constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** @throws OperatorError where another process writes to the folder; what the system says where the file cannot be made */
  static take(folder: string): WriterLock {
    const path = join(folder, 'writer.lock')
    const found = statSync(path, { throwIfNoEntry: false })
    // Closing any descriptor of a file ends the locks that this process has on it: one that is there is not opened.
    if (!found) closeSync(openSync(path, 'a', 0o600))
    // Nothing is ever written to it; whatever is in it is nobody's.
    else if (found.size > 0) truncateSync(path)
    const db = new DatabaseSync(path, { timeout: 0 })
    try {
      db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
      return new WriterLock(db)
    } catch (error) {
      db.close()
      if (!(error instanceof Error && 'errcode' in error && error.errcode === 5)) throw error
      throw new OperatorError('WIRELAG_HISTORY_BUSY', `another wirelag${holderText(path)} writes to ${folder}`, {
        advice: 'stop that one, or give this one another folder',
        cause: error,
      })
    }
  }

  release(): void {
    if (this.#db.isOpen) this.#db.close()
  }
}

/** Who holds the lock, from /proc/locks: `1: POSIX  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`. */
function holderText(path: string): string {
  try {
    const inode = statSync(path).ino
    for (const line of readFileSync('/proc/locks', 'utf8').split('\n')) {
      const [, type, , access, pid, file] = line.trim().split(/\s+/)
      if (type === 'POSIX' && access === 'WRITE' && file?.endsWith(`:${inode}`)) return ` (process ${pid})`
    }
  } catch {
    // It is only a help.
  }
  return ''
}
