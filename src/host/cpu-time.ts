import { readFileSync } from 'node:fs'

/** What all CPUs together have done since the kernel's start, in ticks. */
export interface CpuTicks {
  idle: number
  all: number
}

/** The first line of /proc/stat; time that waits for a disk (iowait) is idle. */
export function cpuTicks(root = '/proc'): CpuTicks {
  const [line = ''] = readFileSync(`${root}/stat`, 'utf8').split('\n')
  // user nice system idle iowait irq softirq steal; guest time is in user's.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number)
  return { idle: (ticks[3] ?? 0) + (ticks[4] ?? 0), all: ticks.reduce((sum, count) => sum + count, 0) }
}
