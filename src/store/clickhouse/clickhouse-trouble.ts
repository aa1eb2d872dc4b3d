/** Codes by which ClickHouse tells that it cannot read what was sent. */
const unreadableCodes: ReadonlySet<number> = new Set([6, 25, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 130, 246, 349])
const missingCodes: ReadonlySet<number> = new Set([60, 81])
/** No replica of a shard can be reached. */
const shardAwayCodes: ReadonlySet<number> = new Set([279, 209, 210])

/** Why a ClickHouse did not do what it was asked. */
export class ClickhouseTrouble extends Error {
  override readonly name = 'ClickhouseTrouble'
  /** ClickHouse's own; undefined: it did not answer as a ClickHouse does. */
  readonly code: number | undefined

  constructor(message: string, options: { code?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.code = options.code
  }

  get isOfWhatWasSent(): boolean {
    return this.code !== undefined && unreadableCodes.has(this.code)
  }

  get isTableMissing(): boolean {
    return this.code !== undefined && missingCodes.has(this.code)
  }

  get isShardAway(): boolean {
    return this.code !== undefined && shardAwayCodes.has(this.code)
  }
}
