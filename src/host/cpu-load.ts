import type { HostFacts } from '../model/host-facts.ts'
import { fileText } from './file-text.ts'

/** How many CPUs are online: cpuN of /proc/stat. */
export function onlineCpus(procfs = '/proc'): number {
  return (fileText(`${procfs}/stat`) ?? '').match(/^cpu\d+ /gm)?.length ?? 0
}

/** Tasks that run or wait, over 1, 5 and 15 minutes: the first three fields of /proc/loadavg. @throws Error for others */
export function loadAverage(procfs = '/proc'): HostFacts['loadAverage'] {
  const [one = NaN, five = NaN, fifteen = NaN] = (fileText(`${procfs}/loadavg`) ?? '').split(' ').map(Number)
  if (![one, five, fifteen].every((average) => Number.isFinite(average)))
    throw new Error('/proc/loadavg has no averages')
  return [one, five, fifteen]
}

/** The running kernel's release, as `uname -r` has it. */
export function kernelRelease(procfs = '/proc'): string {
  return (fileText(`${procfs}/sys/kernel/osrelease`) ?? '').trim()
}
