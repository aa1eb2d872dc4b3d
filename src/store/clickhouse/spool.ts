import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoredRecord } from '../../model/record.ts'
import { WriterLock } from '../writer-lock.ts'
import { decodeBatch, encodeBatch, type BatchChunk } from './batch-file.ts'

/** Their names are in memory: some 4 MB. */
const maxBatches = 50_000
const maxKeptAside = 2

/** A batch that waits: of its name all is known of it. */
export interface SpooledBatch {
  /** The batch's id in the store: ids of one spool are in the order of appending. */
  id: string
  rows: number
  bytes: number
}

interface SpoolOptions {
  folder: string
  maxBytes: number
}

const nameOfBatch = /^([0-9a-f]{14}-[0-9a-f]{12})\.(\d{1,9})\.(\d{1,12})\.batch$/

/**
 * Batches of records on the local disk until they are in the store, a file each, the oldest first. What is in a file survives the end of the
 * process and of the host's power; what is beyond the bound goes, the oldest first, and is counted.
 */
export class Spool {
  readonly #options: SpoolOptions
  readonly #lock: WriterLock
  /** Names of files. */
  #names: string[] = []
  #bytes = 0
  #lastUs = 0
  readonly #writer = randomBytes(6).toString('hex')
  #sending: string | undefined
  droppedRecords = 0
  setAside = 0

  private constructor(options: SpoolOptions, lock: WriterLock) {
    this.#options = options
    this.#lock = lock
  }

  /** @throws OperatorError where another process writes to the folder; what the system says where it cannot be made */
  static open(options: SpoolOptions): Spool {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 })
    chmodSync(options.folder, 0o700)
    const spool = new Spool(options, WriterLock.take(options.folder))
    spool.#find()
    return spool
  }

  #find(): void {
    const { folder } = this.#options
    for (const name of readdirSync(folder).toSorted()) {
      const batch = batchOf(name)
      if (batch) {
        this.#names.push(name)
        this.#bytes += batch.bytes
      } else if (name.endsWith('.new')) {
        // Nobody was told that it was kept.
        renameSync(join(folder, name), join(folder, `${name.slice(0, -'.new'.length)}.torn`))
        this.setAside++
      }
    }
    this.#forgetAside()
    this.#bound()
  }

  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#names.length === 0
  }

  /** Keeps records, all of them or none. @throws what the system says where they cannot be written */
  async add(records: readonly StoredRecord[]): Promise<void> {
    const id = this.#nextId()
    const { folder } = this.#options
    const temporary = join(folder, `${id}.new`)
    let bytes = 0
    try {
      const file = await open(temporary, 'wx', 0o600)
      try {
        for await (const chunk of encodeBatch(id, records)) {
          await file.appendFile(chunk)
          bytes += chunk.length
        }
        await file.sync()
      } finally {
        await file.close()
      }
      const name = `${id}.${records.length}.${bytes}.batch`
      await rename(temporary, join(folder, name))
      await this.#syncFolder()
      this.#names.push(name)
      this.#bytes += bytes
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {})
      throw error
    }
    this.#bound()
  }

  /** Microseconds since 1970, and who: greater than any before, also where the clock was set back. */
  #nextId(): string {
    this.#lastUs = Math.max(this.#lastUs + 1, Date.now() * 1000)
    return `${this.#lastUs.toString(16).padStart(14, '0')}-${this.#writer}`
  }

  /** So that the new name is on the disk, too. */
  async #syncFolder(): Promise<void> {
    const folder = await open(this.#options.folder, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  #bound(): void {
    const { maxBytes, folder } = this.#options
    while (this.#bytes > maxBytes || this.#names.length > maxBatches) {
      // What is being sent stays, as it is nearly gone.
      const at = this.#names[0] === this.#sending ? 1 : 0
      const [name] = this.#names.splice(at, 1)
      const batch = name === undefined ? undefined : batchOf(name)
      if (name === undefined || !batch) return
      this.#bytes -= batch.bytes
      this.droppedRecords += batch.rows
      rmSync(join(folder, name), { force: true })
    }
  }

  /** The oldest, which then is not dropped until it is sent or set aside. */
  take(): SpooledBatch | undefined {
    const [name] = this.#names
    this.#sending = name
    return name === undefined ? undefined : batchOf(name)
  }

  /** The chunks of a batch. @throws where its file is not as it was written */
  async *chunks(batch: SpooledBatch): AsyncGenerator<BatchChunk> {
    const file = await open(join(this.#options.folder, nameOf(batch)), 'r')
    try {
      const { size } = await file.stat()
      if (size !== batch.bytes) throw new RangeError(`the file has ${size} bytes instead of ${batch.bytes}`)
      const read = async (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
        const bytes = new Uint8Array(length)
        const { bytesRead } = await file.read(bytes, 0, length, offset)
        if (bytesRead < length) throw new RangeError('the file is cut off')
        return bytes
      }
      yield* decodeBatch(read, size)
    } finally {
      await file.close()
    }
  }

  /** It is in the store. */
  async remove(batch: SpooledBatch): Promise<void> {
    await rm(join(this.#options.folder, nameOf(batch)), { force: true })
    this.#forget(batch)
  }

  /** It is of no use, or the store does not want it: kept beside the others, for a while, to be looked at. */
  async putAside(batch: SpooledBatch): Promise<void> {
    const path = join(this.#options.folder, nameOf(batch))
    await rename(path, path.replace(/\.batch$/, '.torn')).catch(() => rm(path, { force: true }))
    this.#forget(batch)
    this.setAside++
    this.droppedRecords += batch.rows
    this.#forgetAside()
  }

  #forget(batch: SpooledBatch): void {
    const at = this.#names.indexOf(nameOf(batch))
    this.#sending = undefined
    if (at < 0) return
    this.#names.splice(at, 1)
    this.#bytes -= batch.bytes
  }

  #forgetAside(): void {
    const { folder } = this.#options
    const aside = readdirSync(folder).filter((name) => name.endsWith('.torn'))
    for (const name of aside.toSorted().slice(0, -maxKeptAside)) rmSync(join(folder, name), { force: true })
  }

  close(): void {
    this.#lock.release()
  }
}

function nameOf({ id, rows, bytes }: SpooledBatch): string {
  return `${id}.${rows}.${bytes}.batch`
}

function batchOf(name: string): SpooledBatch | undefined {
  const [, id, rows, bytes] = nameOfBatch.exec(name) ?? []
  return id === undefined ? undefined : { id, rows: Number(rows), bytes: Number(bytes) }
}
