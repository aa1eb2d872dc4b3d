import { OwnCgroup } from './own-cgroup.ts'

/** A cgroup whose processes get so many microseconds of CPU in each period. */
export class CpuQuota extends OwnCgroup {
  /** @throws Error where this machine has no cgroup controller for CPUs */
  constructor(quotaUs: number, periodUs: number) {
    super('cpu', {
      v1: [
        ['cpu.cfs_period_us', String(periodUs)],
        ['cpu.cfs_quota_us', String(quotaUs)],
      ],
      v2: [['cpu.max', `${quotaUs} ${periodUs}`]],
    })
  }
}
