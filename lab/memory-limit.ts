import { OwnCgroup } from './own-cgroup.ts'

/** A cgroup whose processes, with the pages of files that they read, get no more memory than that. */
export class MemoryLimit extends OwnCgroup {
  /** @throws Error where this machine has no cgroup controller for memory */
  constructor(limitBytes: number) {
    super('memory', {
      v1: [['memory.limit_in_bytes', String(limitBytes)]],
      v2: [['memory.max', String(limitBytes)]],
    })
  }
}
