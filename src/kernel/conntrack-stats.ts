import { isNamespaceGone } from './namespace-files.ts'
import { native } from './native.ts'

/** Index of each counter: enum ctattr_stats_cpu of linux/netfilter/nfnetlink_conntrack.h. */
const attributes = {
  invalid: 4,
  insertFailed: 9,
  drop: 10,
  earlyDrop: 11,
  error: 12,
  searchRestart: 13,
  clashResolve: 14,
  chainTooLong: 15,
} as const

/** Counters of connection tracking, summed over CPUs; 0 for one that this kernel does not have. */
export type ConntrackStats = Record<keyof typeof attributes, number>

/**
 * Counters of a network namespace's connection tracking, by netlink (IPCTNL_MSG_CT_GET_STATS_CPU).
 *
 * @param netnsPath by which the namespace can be entered
 * @param inode that the namespace must have, as the path may be another's meanwhile; 0: whichever is there
 * @returns undefined where the namespace is gone, or this kernel has no connection tracking or does not tell
 * @throws NativeError where rights are missing (EPERM, EACCES) or the kernel does not answer (ETIMEDOUT)
 */
export async function conntrackStats(netnsPath: string, inode: number): Promise<ConntrackStats | undefined> {
  try {
    const sums = await native().conntrackStats(netnsPath, inode)
    return sums && named(sums)
  } catch (error) {
    if (!isNamespaceGone(error)) throw error
    return undefined
  }
}

function named(sums: readonly number[]): ConntrackStats {
  const entries = Object.entries(attributes).map(([name, index]) => [name, sums[index] ?? 0])
  return Object.fromEntries(entries) as ConntrackStats
}
