import type { Identity } from './container.ts'

/** How it is known whose a socket is. */
export type OwnerSource = 'syscall' | 'first-use' | 'existing'

/** A task. The process is (pid, processStartNs): a pid alone is used again. */
export interface Task {
  pid: number
  tid: number
  uid: number
  /** The thread's name, which the thread may set to anything. */
  comm: string
  /** Nanoseconds after boot. */
  processStartNs: number
  /** Of the cgroup that it was in; absent: not known. */
  cgroupId?: number
  /** Whose it is; undefined: not looked up. */
  identity?: Identity
}

/** The task that opened a socket, or the nearest to it that is known. */
export interface Owner extends Task {
  source: OwnerSource
}
