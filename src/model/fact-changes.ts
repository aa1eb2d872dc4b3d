import type { ConntrackCounters, HostFacts, PressureName, SoftnetCounters, TcpCounters } from './host-facts.ts'

/** How far a counter rose between two surveys. */
export interface Rise {
  count: number
  perSecond: number
}

export type Rises<Counters> = { readonly [Name in keyof Counters]: Rise }

/** What happened on the host between two surveys. */
export interface HostChanges {
  /** Share of the time in which tasks waited, 0 to 1; undefined: the kernel does not tell it. */
  pressure: Record<PressureName, { some: number; full: number | undefined } | undefined>
  swap: Rises<Pick<HostFacts['swap'], 'inPages' | 'outPages'>>
  softnet: Rises<SoftnetCounters>
  /** Cgroups that were throttled in between, the longest first. */
  cgroupThrottling: readonly CgroupThrottlingChanges[]
}

export interface CgroupThrottlingChanges {
  path: string
  quotaCpus: number
  /** All that it had, where it was never throttled before. */
  periods: number
  throttledPeriods: number
  throttledNs: number
}

/** What happened in a network namespace between two surveys. */
export interface NamespaceChanges {
  netns: number
  /** It was not there at the first survey: all that it counted was since. */
  isNew: boolean
  tcp: Rises<TcpCounters>
  /** Undefined: the kernel did not tell them at one of the two surveys. */
  conntrack: Rises<ConntrackCounters> | undefined
  /** How many flows more (or, below zero, fewer) are tracked; undefined: the kernel has no connection tracking. */
  conntrackGrowth: number | undefined
}

/** What happened between two surveys. */
export interface FactChanges {
  seconds: number
  host: HostChanges
  /** Of those that the second survey has, in its order, but without those that the first one could not read. */
  namespaces: readonly NamespaceChanges[]
  /** Inodes of namespaces that ended. */
  ended: readonly number[]
}
