import { readFileSync } from 'node:fs'

/** How a thread has spent its time since it began. */
export interface ThreadSpent {
  /** On a CPU, in nanoseconds. */
  ranNs: number
  /** On a run queue without running, in nanoseconds. */
  waitedNs: number
  /** Of the cgroup that bounds its process's CPU time, from the root of the hierarchy; undefined: not told. */
  cpuCgroup: string | undefined
}

/** /proc/PID/task/TID/schedstat (CONFIG_SCHED_INFO); undefined: the thread has gone, or the kernel does not tell. */
export function threadSpent(pid: number, tid: number, root = '/proc'): ThreadSpent | undefined {
  try {
    const [ranNs = NaN, waitedNs = NaN] = readFileSync(`${root}/${pid}/task/${tid}/schedstat`, 'utf8')
      .split(' ')
      .map(Number)
    return Number.isNaN(ranNs + waitedNs) ? undefined : { ranNs, waitedNs, cpuCgroup: cpuCgroupOf(pid, root) }
  } catch {
    return undefined
  }
}

/** Of v1's controller `cpu`, where it has one, else of v2. */
function cpuCgroupOf(pid: number, root: string): string | undefined {
  const lines = readFileSync(`${root}/${pid}/cgroup`, 'utf8').split('\n')
  const v1 = lines.find((line) => /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:/.test(line))
  return (v1 ?? lines.find((line) => line.startsWith('0::')))?.replace(/^\d+:[^:]*:/, '')
}
