import { closeSync, openSync, readSync } from 'node:fs'

const databaseIdentityOffset = 68
const walHeaderBytes = 32
const frameHeaderBytes = 24

/**
 * Whether the -wal beside a database is another's: SQLite would take pages out of it without asking. Every transaction writes the
 * first page, where the database's identity stands (`PRAGMA application_id`). The format is that of
 * https://www.sqlite.org/walformat.html.
 *
 * Neither may be open in this process: closing a descriptor ends its locks.
 */
export function isForeignWal(databasePath: string): boolean {
  const wal = open(`${databasePath}-wal`)
  if (wal === undefined) return false
  const database = open(databasePath)
  try {
    const own = database === undefined ? undefined : bytesAt(database, databaseIdentityOffset, 4)
    const identities = identitiesIn(wal)
    if (!own) return identities.length > 0
    return identities.length > 0 && !identities.includes(own.readUInt32BE())
  } finally {
    closeSync(wal)
    if (database !== undefined) closeSync(database)
  }
}

/** Those in the first pages that a -wal holds. */
function identitiesIn(wal: number): number[] {
  const header = bytesAt(wal, 0, walHeaderBytes)
  if (!header) return []
  const pageBytes = header.readUInt32BE(8)
  if (pageBytes < 512 || pageBytes > 65_536) return []
  const salts = header.subarray(16, 24)
  const identities: number[] = []
  for (let at = walHeaderBytes; ; at += frameHeaderBytes + pageBytes) {
    const frame = bytesAt(wal, at, frameHeaderBytes)
    // What follows is from before the -wal was last begun anew.
    if (!frame?.subarray(8, 16).equals(salts)) return identities
    if (frame.readUInt32BE() !== 1) continue
    const identity = bytesAt(wal, at + frameHeaderBytes + databaseIdentityOffset, 4)
    if (identity) identities.push(identity.readUInt32BE())
  }
}

function bytesAt(file: number, offset: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length)
  return readSync(file, bytes, 0, length, offset) === length ? bytes : undefined
}

function open(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch {
    return undefined
  }
}
