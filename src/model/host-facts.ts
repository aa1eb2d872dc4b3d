/** How long tasks waited for a resource. */
export interface Stall {
  /** Share of the last 10 s in percent, 0 to 100. */
  avg10Percent: number
  /** Since the kernel's start, in microseconds. */
  totalUs: number
}

/** Of a file of /proc/pressure. */
export interface Pressure {
  /** At least one task waited. */
  some: Stall
  /** All tasks that wanted to run waited; undefined: the kernel does not tell it (of CPUs before 5.13). */
  full: Stall | undefined
}

/** A resource of which the kernel tells the pressure. */
export type PressureName = 'cpu' | 'memory' | 'io'

/** A mounted file system that keeps data on a disk. */
export interface DiskFacts {
  mountPoint: string
  totalBytes: number
  /** What a user without rights may still write. */
  freeBytes: number
  /** 0 to 1; undefined: the file system makes inodes as it needs them. */
  freeInodesShare: number | undefined
}

/** /proc/net/softnet_stat, summed over CPUs. All are counters; they are of the host, not of a namespace. */
export interface SoftnetCounters {
  /** Packets that were taken from the backlog or by NAPI. */
  processed: number
  /** Packets that found the CPU's backlog full (net.core.netdev_max_backlog). */
  dropped: number
  /** Times that the receive loop gave up with packets left (net.core.netdev_budget). */
  squeezed: number
}

/** A cgroup with a quota of CPU time that had to wait for it. The last three are counters. */
export interface CgroupThrottling {
  /** From where the hierarchy is mounted: `/docker/ID`. */
  path: string
  /** How many CPUs it may use: quota by period. */
  quotaCpus: number
  /** In which it wanted to run. */
  periods: number
  throttledPeriods: number
  throttledNs: number
}

/** A cgroup with a limit of memory that it was at. */
export interface CgroupMemory {
  /** From where the hierarchy is mounted: `/docker/ID`. */
  path: string
  limitBytes: number
  /** Times that it wanted more: a counter. */
  limitHits: number
}

/**
 * TCP of all namespaces together: the kernel keeps one account of it. Counts are of /proc/net/sockstat; limits are those
 * of the host's own namespace, as others do not show them.
 */
export interface TcpMemoryFacts {
  /** Used by TCP's buffers. */
  pages: number
  /** net.ipv4.tcp_mem: under the first nothing is limited, over the second buffers shrink, over the third none is given. */
  lowPages: number
  pressurePages: number
  maxPages: number
  /** Sockets, in whatever state, that are not TIME_WAIT. */
  sockets: number
  /** Connections that no process holds any more. */
  orphans: number
  /** net.ipv4.tcp_max_orphans. */
  maxOrphans: number
}

/** What is of the whole host. */
export interface HostFacts {
  /** `uname -r`. */
  kernelRelease: string
  /** Those online. */
  cpus: number
  /** Tasks that run or wait, over 1, 5 and 15 minutes. */
  loadAverage: readonly [number, number, number]
  /** Undefined: this kernel does not tell it. */
  pressure: Record<PressureName, Pressure | undefined>
  memory: { totalBytes: number; availableBytes: number }
  /** Pages are counters: read from swap, and written to it. */
  swap: { totalBytes: number; usedBytes: number; inPages: number; outPages: number }
  /** The fullest first, by bytes or by inodes, at most eight. */
  disks: readonly DiskFacts[]
  softnet: SoftnetCounters
  /** Those that were throttled at all, the longest first. */
  cgroupThrottling: readonly CgroupThrottling[]
  /** Those that were at their limit at all, the most often first; undefined: not looked at. */
  cgroupMemory?: readonly CgroupMemory[]
  /** Undefined: the host's own namespace cannot be entered. */
  tcpMemory: TcpMemoryFacts | undefined
}

/** Counters of TCP in one namespace, by what wirelag calls them. What a kernel does not count is 0. */
export type TcpCounters = Record<TcpCounterName, number>

/** Where a counter stands: the group and the field of /proc/net/snmp (Tcp) or /proc/net/netstat (TcpExt). */
export const tcpCounterFields = {
  // Connections
  activeOpens: 'Tcp ActiveOpens',
  passiveOpens: 'Tcp PassiveOpens',
  /** Connects that failed, and half-open connections that ended. */
  attemptFails: 'Tcp AttemptFails',
  estabResets: 'Tcp EstabResets',
  inSegs: 'Tcp InSegs',
  outSegs: 'Tcp OutSegs',
  /** Malformed, checksums included. */
  inErrs: 'Tcp InErrs',
  inCsumErrors: 'Tcp InCsumErrors',
  outRsts: 'Tcp OutRsts',

  // Accept queue
  /** The accept queue was full: of a SYN, and of the ACK that ends a handshake, each try. */
  listenOverflows: 'TcpExt ListenOverflows',
  /** A SYN or such an ACK was dropped, whatever for: listenOverflows is a part of it. */
  listenDrops: 'TcpExt ListenDrops',
  /** A handshake was not ended as its data had not come (TCP_DEFER_ACCEPT). */
  tcpDeferAcceptDrop: 'TcpExt TCPDeferAcceptDrop',

  // SYN queue
  /** SYNs that were dropped as the SYN queue was full, and cookies are off. */
  tcpReqQFullDrop: 'TcpExt TCPReqQFullDrop',
  /** SYNs that were answered with a cookie as the SYN queue was full. */
  tcpReqQFullDoCookies: 'TcpExt TCPReqQFullDoCookies',
  syncookiesSent: 'TcpExt SyncookiesSent',
  syncookiesRecv: 'TcpExt SyncookiesRecv',
  syncookiesFailed: 'TcpExt SyncookiesFailed',
  /** Half-open connections that were reset. */
  embryonicRsts: 'TcpExt EmbryonicRsts',

  // Loss
  retransSegs: 'Tcp RetransSegs',
  tcpTimeouts: 'TcpExt TCPTimeouts',
  /** SYNs and SYN-ACKs that were sent again. */
  tcpSynRetrans: 'TcpExt TCPSynRetrans',
  tcpFastRetrans: 'TcpExt TCPFastRetrans',
  tcpSlowStartRetrans: 'TcpExt TCPSlowStartRetrans',
  tcpLostRetransmit: 'TcpExt TCPLostRetransmit',
  tcpLossProbes: 'TcpExt TCPLossProbes',
  tcpLossProbeRecovery: 'TcpExt TCPLossProbeRecovery',
  /** Retransmissions that this host could not send: no memory, or a full queue. */
  tcpRetransFail: 'TcpExt TCPRetransFail',
  tcpSpuriousRtos: 'TcpExt TCPSpuriousRTOs',
  /** The peer had received what was sent again. */
  tcpDsackRecv: 'TcpExt TCPDSACKRecv',
  tcpSackReorder: 'TcpExt TCPSACKReorder',
  tcpTsReorder: 'TcpExt TCPTSReorder',
  /** Segments that came out of order. */
  tcpOfoQueue: 'TcpExt TCPOFOQueue',
  /** Segments with new data that were sent for the first time. */
  tcpOrigDataSent: 'TcpExt TCPOrigDataSent',
  /** Connections that were given up after all retries. */
  tcpAbortOnTimeout: 'TcpExt TCPAbortOnTimeout',

  // Memory
  /** Connections that were aborted for want of memory, or as there were too many orphans. */
  tcpAbortOnMemory: 'TcpExt TCPAbortOnMemory',
  /** Times that TCP's memory went over the second of tcp_mem. */
  tcpMemoryPressures: 'TcpExt TCPMemoryPressures',
  /** For how long, in milliseconds. */
  tcpMemoryPressuresMs: 'TcpExt TCPMemoryPressuresChrono',
  pruneCalled: 'TcpExt PruneCalled',
  /** Packets that were dropped from a receive queue for want of memory. */
  rcvPruned: 'TcpExt RcvPruned',
  ofoPruned: 'TcpExt OfoPruned',
  tcpRcvCollapsed: 'TcpExt TCPRcvCollapsed',
  /** Packets that were dropped as the socket's lock was held and its backlog full. */
  tcpBacklogDrop: 'TcpExt TCPBacklogDrop',
  /** Packets that were dropped as the receive buffer was full. */
  tcpRcvQDrop: 'TcpExt TCPRcvQDrop',
  tcpOfoDrop: 'TcpExt TCPOFODrop',
  tcpZeroWindowDrop: 'TcpExt TCPZeroWindowDrop',
  tcpWqueueTooBig: 'TcpExt TCPWqueueTooBig',

  // Window
  tcpFromZeroWindowAdv: 'TcpExt TCPFromZeroWindowAdv',
  tcpToZeroWindowAdv: 'TcpExt TCPToZeroWindowAdv',
  tcpWantZeroWindowAdv: 'TcpExt TCPWantZeroWindowAdv',
  /** Probes of a peer's closed window. */
  tcpWinProbe: 'TcpExt TCPWinProbe',
  delayedAcks: 'TcpExt DelayedACKs',
  delayedAckLost: 'TcpExt DelayedACKLost',

  // TIME_WAIT
  /** Sockets that left TIME_WAIT by its timer. */
  tcpTw: 'TcpExt TW',
  tcpTwRecycled: 'TcpExt TWRecycled',
  tcpTwKilled: 'TcpExt TWKilled',
  /** Sockets that were closed without TIME_WAIT, as there are tcpMaxTwBuckets. */
  tcpTimeWaitOverflow: 'TcpExt TCPTimeWaitOverflow',
  pawsActive: 'TcpExt PAWSActive',
  pawsEstab: 'TcpExt PAWSEstab',

  // Ends
  /** Closed with data unread. */
  tcpAbortOnClose: 'TcpExt TCPAbortOnClose',
  /** Data came after the close. */
  tcpAbortOnData: 'TcpExt TCPAbortOnData',
  tcpAbortOnLinger: 'TcpExt TCPAbortOnLinger',
  tcpKeepAlive: 'TcpExt TCPKeepAlive',
  tcpChallengeAck: 'TcpExt TCPChallengeACK',
  tcpSynChallenge: 'TcpExt TCPSYNChallenge',
} as const

export type TcpCounterName = keyof typeof tcpCounterFields

/** Connection tracking in one namespace. */
export interface ConntrackFacts {
  /** Flows now: net.netfilter.nf_conntrack_count. */
  count: number
  /** net.netfilter.nf_conntrack_max: usually the host's, against which each namespace is held alone. */
  max: number
  /** Undefined: the kernel does not tell them (no nf_conntrack_netlink, or no right to ask). */
  counters: ConntrackCounters | undefined
}

/** Counters of a namespace's connection tracking, summed over CPUs (each of which wraps at 2^32). */
export interface ConntrackCounters {
  /** Packets that could not be tracked. */
  invalid: number
  /** A flow was not entered, as another had its place meanwhile: the packet was dropped. */
  insertFailed: number
  /** A packet was dropped: the table was full and nothing could make room, or no memory. */
  drop: number
  /** A flow that was not assured was removed to make room. */
  earlyDrop: number
  /** Malformed packets. */
  error: number
  searchRestart: number
  /** Two packets began the same flow, which was settled without loss (5.10). */
  clashResolve: number
  /** A flow was not entered, as its bucket was too long (5.15). */
  chainTooLong: number
}

/** What is of one network namespace. */
export interface NamespaceFacts {
  /** Its inode. */
  netns: number
  /** Undefined: the kernel has no connection tracking. */
  conntrack: ConntrackFacts | undefined
  tcp: TcpCounters
  /** Sockets now, of both IP versions; in `inuse` none in TIME_WAIT. */
  sockstat: { inuse: number; timeWait: number }
  /** net.ipv4.ip_local_port_range; reserved: how many ports in it net.ipv4.ip_local_reserved_ports takes away. */
  portRange: { low: number; high: number; reserved: number }
  /** net.ipv4.tcp_max_syn_backlog. */
  tcpMaxSynBacklog: number
  /** net.core.somaxconn. */
  somaxconn: number
  /** net.ipv4.tcp_max_tw_buckets. */
  tcpMaxTwBuckets: number
  /** net.ipv4.tcp_syncookies: `overflow` sends them when the SYN queue is full. Undefined: the kernel has none. */
  syncookies: 'off' | 'overflow' | 'always' | undefined
}

/** The facts of one moment. */
export interface Survey {
  /** When it was begun, in milliseconds of a clock that never goes back (performance.now()). */
  takenAtMs: number
  host: HostFacts
  /** The host's own first, if it can be entered. */
  namespaces: readonly NamespaceFacts[]
  /** Inodes of namespaces that are there and were not read: they cannot be entered, or are beyond the bound. */
  unread: readonly number[]
  /** How many of those are beyond the bound of 256. */
  beyondBound: number
}
