import { statfsSync } from 'node:fs'

/** Primary result codes of SQLite that tell of the world around the file, and not of the file. */
const hindrances = new Map([
  [3, 'access is denied'],
  [5, 'another process holds it locked'],
  [6, 'it is locked'],
  [7, 'there is no memory'],
  [8, 'it cannot be written to'],
  [10, 'input or output failed'],
  [13, 'the disk is full'],
  [14, 'it cannot be opened'],
  [15, 'another process holds it locked'],
  [22, 'the file system cannot hold it'],
])

/** SQLITE_INTERNAL, _CORRUPT, _EMPTY, _CONSTRAINT (a number that must be free is taken), _FORMAT, _NOTADB. */
const damaged = new Set([2, 11, 16, 19, 24, 26])

/** SQLITE_IOERR_READ, _SHORT_READ, _DATA, _CORRUPTFS: what is there cannot be read. */
const unreadable = new Set([1, 2, 32, 33].map((detail) => detail * 256 + 10))

const fullBytes = 65_536

/** SQLite's extended result code; undefined for an error from elsewhere. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode : undefined
}

export function isSqliteError(error: unknown): boolean {
  return resultCode(error) !== undefined
}

/** Whether SQLite found the database other than it must be, so that waiting does not help. */
export function isDamage(error: unknown): boolean {
  const code = resultCode(error)
  return code !== undefined && (unreadable.has(code) || damaged.has(code % 256))
}

/** Whether an error is of the file or the file system, and not of the program. */
export function isTrouble(error: unknown): boolean {
  const code = resultCode(error)
  if (code !== undefined) return isDamage(error) || hindrances.has(code % 256)
  return error instanceof Error && 'syscall' in error
}

/** Why a file in a folder cannot be used, in words. */
export function troubleText(error: unknown, folder: string): string {
  const code = resultCode(error)
  if (code === undefined) return systemText(error)
  const isFull = code % 256 === 13 || (code % 256 === 10 && freeBytes(folder) < fullBytes)
  return isFull ? 'the disk is full' : (hindrances.get(code % 256) ?? `it is damaged (${String(error)})`)
}

function systemText(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full'
  if (code === 'EROFS') return 'the file system is read-only'
  return error instanceof Error ? error.message : String(error)
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return Infinity
  }
}
