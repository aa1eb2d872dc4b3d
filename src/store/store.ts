import type { TextChoice } from '../model/filter.ts'
import type { RecordKind, StoredRecord } from '../model/record.ts'

/** Which records are wanted. */
export interface RecordQuery {
  /** Records whose span overlaps it, or whose moment is in it: from inclusive, to exclusive; milliseconds since 1970. */
  fromUnixMs: number
  toUnixMs: number
  /** Undefined: all. */
  kinds?: readonly RecordKind[]
  hosts?: readonly string[]
  service?: TextChoice
  container?: TextChoice
  pod?: TextChoice
  namespace?: TextChoice
  /** The body has this text in its JSON, in the same case. */
  text?: string
  /** Of so many only those that are the latest; undefined: all. */
  latest?: number
}

/** What a store holds of one host. */
export interface RecordedHost {
  host: string
  /** Where its first record begins. */
  firstUnixMs: number
  /** Where the last of its steps ends, or its last moment. */
  lastUnixMs: number
}

/** How a store is. */
export interface StoreStatus {
  /** `paused`: it cannot be written to, what comes is dropped; `spooling`: what comes waits on the local disk. */
  state: 'recording' | 'paused' | 'spooling'
  /** Why it does not record; undefined where it does. */
  reason: string | undefined
  /** On the disk; undefined: not known. */
  bytes: number | undefined
  /** Records that were given up, since it was opened. */
  droppedRecords: number
  /** Parts of the history that could not be read and were set aside, since it was opened. */
  setAside: number
  /** That wait on the local disk. */
  spooledBytes: number
}

/** How much a store keeps. */
export interface StoreLimits {
  maxBytes: number
  maxAgeMs: number
}

/** Keeps the records of one host, or of many. One process writes for a host; any number read meanwhile. */
export interface Store {
  /**
   * Keeps records, all of them or none, and none twice: what was kept survives the end of the process, however sudden. A store that
   * cannot be written to does not throw: its status says so, and it tries again by itself.
   */
  append(records: readonly StoredRecord[]): Promise<void>

  /** In the order of their time, then as they were appended. @throws OperatorError where the store cannot be read */
  read(query: RecordQuery): Promise<StoredRecord[]>

  /** In the order of their names. */
  hosts(): Promise<RecordedHost[]>

  status(): StoreStatus

  /** Rolls old steps up, and forgets what is beyond the limits. The agent calls it each minute. */
  maintain(nowUnixMs: number): Promise<void>

  /** Ends what is under way. */
  close(): Promise<void>
}
