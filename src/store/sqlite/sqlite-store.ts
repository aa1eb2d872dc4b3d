import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { StoredRecord } from '../../model/record.ts'
import { OperatorError } from '../../lib/operator-error.ts'
import type { RollUp } from '../roll-up-tiers.ts'
import type { RecordQuery, RecordedHost, Store, StoreLimits, StoreStatus } from '../store.ts'
import { HistoryReader } from './history-reader.ts'
import { HistoryWriter } from './history-writer.ts'
import { isSmall, LargeCheck } from './integrity-check.ts'
import { forgetSetAside, historyBytes, setAsideBytes, setDatabaseAside, setWalAside } from './set-aside.ts'
import { isDamage, isTrouble, troubleText } from './sqlite-trouble.ts'
import { inspectWal } from './wal-file.ts'
import { WriterLock } from '../writer-lock.ts'

export interface SqliteStoreOptions {
  /** The state directory: made with 0700 where it is not there. */
  folder: string
  mode: 'write' | 'read'
  limits: StoreLimits
  /** Absent: steps stay as they are. */
  rollUp?: RollUp
  /** Milliseconds since 1970. */
  now?: () => number
}

/**
 * Opens the history in a folder. A database that is damaged is set aside, and what can be read of it taken over. Where it cannot be written to,
 * the store is paused.
 *
 * @throws OperatorError where another process writes to it, a newer version wrote it, or there is nothing to read
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const store = new SqliteStore(options)
  await store.open()
  return store
}

/** A bound for what is only counted. */
const maxSpoiltIds = 100_000

class SqliteStore implements Store {
  readonly #options: SqliteStoreOptions
  readonly #path: string
  readonly #reader: HistoryReader
  #lock: WriterLock | undefined
  #writer: HistoryWriter | undefined
  #pausedFor: string | undefined
  #droppedRecords = 0
  #setAsideParts = 0
  #damageSeen = 0
  readonly #spoiltIds = new Set<number>()
  #isClosed = false
  #turn: Promise<unknown> = Promise.resolve()
  #upkeep: Promise<void> | undefined
  #check: LargeCheck | undefined

  constructor(options: SqliteStoreOptions) {
    this.#options = options
    this.#path = join(options.folder, 'history.db')
    this.#reader = new HistoryReader(this.#path)
  }

  /** @throws OperatorError */
  async open(): Promise<void> {
    if (this.#options.mode === 'read') {
      await this.#reading(() => this.#reader.check())
      return
    }
    try {
      await this.#inTurn(() => this.#ready())
    } catch (error) {
      if (error instanceof OperatorError || !isTrouble(error)) throw error
      await this.#pause(error)
    }
  }

  append(records: readonly StoredRecord[]): Promise<void> {
    return this.#inTurn(async () => {
      if (records.length === 0) return
      const isKept = await this.#write(async (writer) => {
        writer.append(records)
        await writer.sync()
      })
      if (!isKept) this.#droppedRecords += records.length
    })
  }

  /** Whether something could be written; if not, the store is paused. */
  async #write(act: (writer: HistoryWriter) => Promise<void>): Promise<boolean> {
    if (this.#isClosed || this.#options.mode === 'read') return false
    try {
      const writer = await this.#ready()
      try {
        await act(writer)
      } catch (error) {
        if (!isDamage(error)) throw error
        await act(await this.#renew())
      }
      this.#pausedFor = undefined
      return true
    } catch (error) {
      if (!isTrouble(error) && !(error instanceof OperatorError)) throw error
      await this.#pause(error)
      return false
    }
  }

  async #pause(error: unknown): Promise<void> {
    this.#pausedFor = error instanceof OperatorError ? error.message : troubleText(error, this.#options.folder)
    try {
      // Room in the -wal may be all that is wanting.
      await this.#writer?.checkpoint()
    } catch {
      // The next who wants to write opens it anew.
      this.#end()
    }
  }

  /** The writer of the file that is in the folder now. */
  async #ready(): Promise<HistoryWriter> {
    if (this.#writer?.isInPlace()) return this.#writer
    this.#end()
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 })
    this.#lock = WriterLock.take(this.#options.folder)
    try {
      this.#setForeignWalAside()
      return this.#openWriter()
    } catch (error) {
      if (isDamage(error)) return await this.#renew()
      this.#end()
      throw error
    }
  }

  #setForeignWalAside(): void {
    const wal = inspectWal(this.#path)
    if (wal === 'whole') return
    setWalAside(this.#path, this.#now(), wal === 'torn')
    this.#setAsideParts++
  }

  #openWriter(): HistoryWriter {
    const { limits, rollUp } = this.#options
    const writer = HistoryWriter.open(this.#path, { limits, rollUp })
    this.#writer = writer
    if (!isSmall(statSync(this.#path).size)) {
      const renew = async (): Promise<void> => {
        if (this.#writer === writer) await this.#write(async () => void (await this.#renew()))
      }
      this.#check = new LargeCheck(this.#path, () => void this.#inTurn(renew))
    }
    return writer
  }

  /** Begins a new database with what can be read of the old one. */
  async #renew(): Promise<HistoryWriter> {
    this.#writer?.close()
    this.#writer = undefined
    const aside = setDatabaseAside(this.#path, this.#now())
    this.#setAsideParts++
    const writer = this.#openWriter()
    await writer.checkpoint()
    try {
      await writer.salvage(aside)
    } catch (error) {
      // Of what was set aside nothing is lost by that.
      if (!isTrouble(error)) throw error
    }
    return writer
  }

  #end(): void {
    this.#writer?.close()
    this.#writer = undefined
    this.#lock?.release()
    this.#lock = undefined
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now()
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(act)
    this.#turn = result.catch(() => {})
    return result
  }

  async read(query: RecordQuery): Promise<StoredRecord[]> {
    return this.#reading(async () => {
      const { records, spoiltIds, damage } = await this.#reader.read(query)
      for (const id of spoiltIds) if (this.#spoiltIds.size < maxSpoiltIds) this.#spoiltIds.add(id)
      const [first] = damage
      if (first !== undefined && this.#options.mode === 'write') throw first
      if (first !== undefined) this.#damageSeen = 1
      return records
    })
  }

  hosts(): Promise<RecordedHost[]> {
    return this.#reading(() => this.#reader.hosts())
  }

  /** What is damaged is renewed by who writes, and read again; who only reads is told what can be read. */
  async #reading<T>(act: () => Promise<T>): Promise<T> {
    try {
      try {
        return await act()
      } catch (error) {
        if (!isDamage(error) || this.#options.mode === 'read') throw error
        await this.#inTurn(() => this.#write(async () => void (await this.#renew())))
        return await act()
      }
    } catch (error) {
      if (!isTrouble(error)) throw error
      throw this.#unreadable(error)
    }
  }

  #unreadable(error: unknown): OperatorError {
    const { folder } = this.#options
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return new OperatorError('WIRELAG_NO_HISTORY', `there is no history in ${folder}`, {
        advice: 'it is written by `wirelag agent`',
        cause: error,
      })
    const text = `the history in ${folder} cannot be read: ${troubleText(error, folder)}`
    return new OperatorError('WIRELAG_HISTORY_UNREADABLE', text, { cause: error })
  }

  status(): StoreStatus {
    const isReader = this.#options.mode === 'read'
    const bytes = historyBytes(this.#path)
    return {
      state: isReader || this.#pausedFor !== undefined ? 'paused' : 'recording',
      reason: isReader ? 'it was opened to be read' : this.#pausedFor,
      bytes: bytes === 0 ? undefined : bytes,
      droppedRecords: this.#droppedRecords,
      setAside: this.#setAsideParts + this.#damageSeen + this.#spoiltIds.size,
      spooledBytes: 0,
    }
  }

  maintain(nowUnixMs: number): Promise<void> {
    this.#upkeep ??= this.#maintain(nowUnixMs).finally(() => {
      this.#upkeep = undefined
    })
    return this.#upkeep
  }

  async #maintain(nowUnixMs: number): Promise<void> {
    let round: { writer: HistoryWriter; slices: Generator<void> } | undefined
    const slice = async (): Promise<boolean> => {
      let isMore = false
      await this.#write(async (writer) => {
        round ??= { writer, slices: writer.upkeep.round(nowUnixMs, this.#otherBytes(nowUnixMs)) }
        isMore = round.writer === writer && round.slices.next().done !== true
        await (isMore ? writer.relieve() : writer.checkpoint())
      })
      return isMore
    }
    while (await this.#inTurn(slice)) await nextTurn()
  }

  /** What was set aside counts too, as long as it is kept. */
  #otherBytes(nowUnixMs: number): number {
    forgetSetAside(this.#path, nowUnixMs - this.#options.limits.maxAgeMs)
    return setAsideBytes(this.#path)
  }

  async close(): Promise<void> {
    await this.#check?.end()
    await this.#inTurn(async () => {
      if (this.#isClosed) return
      this.#isClosed = true
      try {
        await this.#writer?.checkpoint()
      } catch (error) {
        if (!isTrouble(error)) throw error
      }
      this.#end()
    })
    await this.#reader.close()
  }
}
