import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { endianness } from 'node:os'

const databaseIdentityOffset = 68
const headerBytes = 32
const frameHeaderBytes = 24
/** What is longer is not looked at: a reader must have kept it from being begun anew. */
const maxBytes = 2 ** 28

/** `foreign`: of another database; `torn`: a part of it is not as it was written, and what follows is lost. */
export type WalState = 'whole' | 'foreign' | 'torn'

/**
 * How the -wal beside a database is. SQLite would take another's pages out of it without asking: every transaction of ours writes the first
 * page, where the database's identity stands (`PRAGMA application_id`). And it would silently end at the first frame whose
 * checksum does not fit. The format is that of https://www.sqlite.org/walformat.html.
 *
 * To be called before the database is opened for writing: closing a descriptor ends the locks that this process has.
 */
export function inspectWal(databasePath: string): WalState {
  const wal = contentOf(`${databasePath}-wal`)
  if (!wal || wal.length === 0) return 'whole'
  const { identities, isTorn } = read(wal)
  if (identities.length === 0) return isTorn ? 'torn' : 'whole'
  if (!identities.includes(identityOf(databasePath) ?? -1)) return 'foreign'
  return isTorn ? 'torn' : 'whole'
}

function read(wal: Buffer): { identities: number[]; isTorn: boolean } {
  const pageBytes = wal.length < headerBytes ? 0 : wal.readUInt32BE(8)
  if (pageBytes < 512 || pageBytes > 65_536) return { identities: [], isTorn: true }
  const isLittleEndian = wal.readUInt32BE() === 0x377f0682
  const sums = new Checksum(isLittleEndian)
  sums.add(wal.subarray(0, 24))
  let isBroken = !sums.are(wal, 24)
  let isTorn = false
  const identities: number[] = []
  const frameBytes = frameHeaderBytes + pageBytes
  for (let at = headerBytes; at + frameBytes <= wal.length; at += frameBytes) {
    // What follows is from before the -wal was last begun anew, if so far all was well.
    const isOfThis = wal.subarray(at + 8, at + 16).equals(wal.subarray(16, 24))
    if (!isOfThis && !isBroken) return { identities, isTorn: isResumedFrom(wal, at, frameBytes) }
    if (wal.readUInt32BE(at) === 1) identities.push(wal.readUInt32BE(at + frameHeaderBytes + databaseIdentityOffset))
    sums.add(wal.subarray(at, at + 8))
    sums.add(wal.subarray(at + frameHeaderBytes, at + frameBytes))
    isBroken ||= !sums.are(wal, at + 16)
    // Frames of a transaction that was rolled back stay behind the last whole one: none of them ends one.
    isTorn ||= isBroken && wal.readUInt32BE(at + 4) !== 0
  }
  return { identities, isTorn }
}

/** Whether later frames are of the same turn as the -wal's header: then the one between was spoilt. */
function isResumedFrom(wal: Buffer, from: number, frameBytes: number): boolean {
  const salts = wal.subarray(16, 24)
  for (let at = from; at + frameBytes <= wal.length; at += frameBytes)
    if (wal.subarray(at + 8, at + 16).equals(salts) && wal.readUInt32BE(at + 4) !== 0) return true
  return false
}

/** SQLite's, of words in the order that the first four bytes tell. */
class Checksum {
  readonly #isSwapped: boolean
  #first = 0
  #second = 0

  constructor(isLittleEndian: boolean) {
    this.#isSwapped = isLittleEndian !== (endianness() === 'LE')
  }

  /** @param bytes a multiple of 8 */
  add(bytes: Buffer): void {
    const copy = Buffer.from(bytes)
    if (this.#isSwapped) copy.swap32()
    const words = new Uint32Array(copy.buffer, copy.byteOffset, copy.length / 4)
    for (let i = 0; i < words.length; i += 2) {
      this.#first = (this.#first + words[i]! + this.#second) >>> 0
      this.#second = (this.#second + words[i + 1]! + this.#first) >>> 0
    }
  }

  are(bytes: Buffer, offset: number): boolean {
    return bytes.readUInt32BE(offset) === this.#first && bytes.readUInt32BE(offset + 4) === this.#second
  }
}

function contentOf(path: string): Buffer | undefined {
  try {
    const content = readFileSync(path)
    return content.length > maxBytes ? undefined : content
  } catch {
    return undefined
  }
}

function identityOf(path: string): number | undefined {
  try {
    const file = openSync(path, 'r')
    try {
      const bytes = Buffer.alloc(4)
      return readSync(file, bytes, 0, 4, databaseIdentityOffset) === 4 ? bytes.readUInt32BE() : undefined
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}
