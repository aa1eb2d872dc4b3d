import type { HostFacts } from '../model/host-facts.ts'
import { fileText, namedNumbers } from './file-text.ts'

/** Memory of the host: MemTotal and MemAvailable of /proc/meminfo. @throws Error where it does not have them */
export function hostMemory(procfs = '/proc'): HostFacts['memory'] {
  const kilobytes = namedNumbers(fileText(`${procfs}/meminfo`) ?? '')
  return {
    totalBytes: 1024 * required(kilobytes, 'MemTotal'),
    availableBytes: 1024 * required(kilobytes, 'MemAvailable'),
  }
}

/**
 * Swap of the host: SwapTotal and SwapFree of /proc/meminfo, and the counters pswpin and pswpout of /proc/vmstat. All zero
 * in a kernel without swap.
 */
export function hostSwap(procfs = '/proc'): HostFacts['swap'] {
  const kilobytes = namedNumbers(fileText(`${procfs}/meminfo`) ?? '')
  const counters = namedNumbers(fileText(`${procfs}/vmstat`) ?? '')
  const total = kilobytes.get('SwapTotal') ?? 0
  return {
    totalBytes: 1024 * total,
    usedBytes: 1024 * (total - (kilobytes.get('SwapFree') ?? total)),
    inPages: counters.get('pswpin') ?? 0,
    outPages: counters.get('pswpout') ?? 0,
  }
}

function required(numbers: ReadonlyMap<string, number>, name: string): number {
  const value = numbers.get(name)
  if (value === undefined) throw new Error(`/proc/meminfo has no ${name}`)
  return value
}
