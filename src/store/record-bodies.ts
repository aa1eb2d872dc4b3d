import type { Book } from '../model/book.ts'
import type { Finding } from '../model/finding.ts'
import type { Observation, SlowTime, StateCount } from '../model/observation.ts'
import type { Task } from '../model/process.ts'
import type { RecordKind } from '../model/record.ts'
import type { ProcessCode } from './identity-code.ts'

/** The body of a `span` record: a step, or several that were rolled up into one. */
export interface SpanBody {
  /** Of the time that was looked at. */
  spanNs: number
  steps: number
  slowNs: number
  idleShare: number | undefined
  unseen: Observation['unseen']
  books: readonly Book[]
  /** What each process sent: moments and bytes in turn. Of the busiest; rolled up: of none. */
  series: [process: ProcessCode, ...points: number[]][]
  /** Edges that are not apart, but summed up by service. */
  folded?: number
  /** By kind: what there was no room for. */
  leftOut: Partial<Record<RecordKind | 'series', number>>
}

/** Sockets of one owner in one namespace. `greatest`: over the steps that were rolled up. */
export interface StatesBody {
  netns: number
  owner: Task | undefined
  states: (Pick<StateCount, 'state' | 'before' | 'now' | 'peer'> & { greatest?: number })[]
}

export interface SlowTimesBody {
  owner: Task
  what: SlowTime['what']
  /** Moments and durations, in nanoseconds, in turn. */
  times: number[]
}

/** `order`: 0 of the weightiest of the diagnosis. */
export type FindingBody = Omit<Finding, 'sinceNs'> & { sinceUnixMs: number | undefined; order: number }
