import type { Container } from './container.ts'

/** What a figure is of; nothing: of the host. */
export interface ChangeSubject {
  service?: string | undefined
  container?: Container | undefined
  /** The other end of an edge, as text. */
  peer?: string | undefined
  /** Inode of a network namespace. */
  netns?: number | undefined
}

export type ChangeUnit = 'ns' | 'perSecond' | 'bytesPerSecond' | 'count' | 'share' | 'bytes'

/** A figure that is not what it was. */
export interface Change {
  subject: ChangeSubject
  /** `pickup p95`, `CLOSE_WAIT`, `failures`, `conntrack fill`. */
  measure: string
  unit: ChangeUnit
  before: number
  after: number
  /** How many samples, events or sockets it is of, on the side that has more. */
  samples: number
  /** How much it moved, so that changes of different measures can be ranked: by ratio, and by how many it is of. */
  score: number
}
