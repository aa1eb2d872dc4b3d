import { join } from 'node:path'
import type { CgroupThrottling } from '../model/host-facts.ts'
import { cgroupFolders } from './cgroup-folders.ts'
import { cgroupMounts } from './cgroup-mounts.ts'
import { fileText, namedNumbers } from './file-text.ts'

/**
 * Cgroups with a quota of CPU time that had to wait for it, the longest wait first: cpu.stat of the cpu controller, of v1
 * where that has it, else of v2. Paths are from where the hierarchy is mounted.
 *
 * @throws Error where the mounts cannot be read
 */
export function cgroupThrottling(procfs = '/proc'): CgroupThrottling[] {
  const { v1, v2 } = cgroupMounts(procfs)
  const mount = v1.get('cpu') ?? v2
  if (mount === undefined) return []
  return cgroupFolders(mount.mountPoint)
    .map(({ path }) => throttlingOf(mount.mountPoint, path))
    .filter((throttling) => throttling !== undefined)
    .toSorted((one, other) => other.throttledNs - one.throttledNs)
}

function throttlingOf(mountPoint: string, path: string): CgroupThrottling | undefined {
  const folder = join(mountPoint, path)
  const counters = parseCpuStat(fileText(join(folder, 'cpu.stat')) ?? '')
  if (counters === undefined || counters.throttledPeriods === 0) return undefined
  const quotaCpus = quotaOf(folder)
  return quotaCpus === undefined ? undefined : { path, quotaCpus, ...counters }
}

/** Text of cpu.stat: throttled_time is in ns (v1), throttled_usec in µs (v2). Undefined: it tells no periods. */
export function parseCpuStat(text: string): Omit<CgroupThrottling, 'path' | 'quotaCpus'> | undefined {
  const numbers = namedNumbers(text)
  const [periods, throttledPeriods] = [numbers.get('nr_periods'), numbers.get('nr_throttled')]
  if (periods === undefined || throttledPeriods === undefined) return undefined
  const throttledNs = numbers.get('throttled_time') ?? 1000 * (numbers.get('throttled_usec') ?? 0)
  return { periods, throttledPeriods, throttledNs }
}

/** cpu.max of v2 (`QUOTA PERIOD`, or `max PERIOD`), or the two files of v1, whose quota is -1 for none. */
function quotaOf(folder: string): number | undefined {
  const [quota, period] =
    fileText(join(folder, 'cpu.max'))?.split(' ') ??
    ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((name) => fileText(join(folder, name)))
  const cpus = Number(quota) / Number(period)
  return cpus > 0 && Number.isFinite(cpus) ? cpus : undefined
}
