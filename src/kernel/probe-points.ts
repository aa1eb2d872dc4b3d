/** A way to have a BPF program run at some place in the kernel. */
export type Hook = 'tp_btf' | 'fentry' | 'tracepoint' | 'kprobe' | 'iterator'

/** One way to watch a point: programs of bpf/probes that are loaded and attached together, or not at all. */
export interface HookVariant {
  hook: Hook
  programs: readonly string[]
  /** What the kernel's BTF must have: a tp_btf tracepoint `x` is its typedef `btf_trace_x`. */
  tracepoints?: readonly string[]
}

/** A place in the kernel that a signal watches, with the ways to do so, the best first. */
export interface ProbePoint {
  watches: string
  variants: readonly HookVariant[]
}

export const probePoints = {
  connectionState: {
    watches: 'state changes of TCP sockets',
    variants: [
      {
        hook: 'tp_btf',
        programs: ['connection_state_tp', 'connection_destroyed_tp'],
        tracepoints: ['inet_sock_set_state', 'tcp_destroy_sock'],
      },
    ],
  },
  connectCall: {
    watches: 'connect() and its result',
    variants: [{ hook: 'tracepoint', programs: ['connect_call_enter', 'connect_call_exit'] }],
  },
  acceptCall: {
    watches: 'the return of accept()',
    variants: [{ hook: 'tracepoint', programs: ['accept_call_exit', 'accept4_call_exit'] }],
  },
  acceptFirstUse: {
    watches: 'the first read from an accepted socket',
    variants: [{ hook: 'tp_btf', programs: ['accept_first_use_tp'], tracepoints: ['tcp_rcv_space_adjust'] }],
  },
  receiveQueued: {
    watches: 'data entering a receive queue',
    variants: [{ hook: 'tp_btf', programs: ['pickup_queued_tp'], tracepoints: ['sk_data_ready'] }],
  },
  receiveRead: {
    watches: 'data read from a receive queue',
    variants: [{ hook: 'tp_btf', programs: ['pickup_read_tp'], tracepoints: ['tcp_rcv_space_adjust'] }],
  },
  existingSockets: {
    watches: 'the sockets that are open already',
    variants: [{ hook: 'iterator', programs: ['existing_sockets'] }],
  },
  existingOwners: {
    watches: 'the processes that hold them',
    variants: [{ hook: 'iterator', programs: ['existing_owners'] }],
  },
  commandProcesses: {
    watches: 'the children of a traced command',
    variants: [
      {
        hook: 'tp_btf',
        programs: ['command_fork_tp', 'command_free_tp'],
        tracepoints: ['sched_process_fork', 'sched_process_free'],
      },
    ],
  },
} as const satisfies Record<string, ProbePoint>

export type PointName = keyof typeof probePoints

/** Something wirelag tells, and the points it comes from. */
export interface SignalSpec {
  title: string
  /** Without one of these the signal is off. */
  requires: readonly PointName[]
  /** Without one of these it is on, and something is lost. */
  improves: Partial<Record<PointName, string>>
  lostWithout: string
}

export const signalSpecs = {
  connect: {
    title: 'connections opened from here',
    requires: ['connectionState'],
    improves: {
      connectCall: 'connects that fail before a SYN is sent (no route, no free port) are not seen',
      existingSockets: 'connects that were under way at start have no owner',
    },
    lostWithout: 'who connects to whom, how long the handshake took, which connects fail',
  },
  accept: {
    title: 'connections accepted here',
    requires: ['connectionState'],
    improves: {
      acceptCall: 'the accept queue wait is unknown, and the owner known only from its first read',
      acceptFirstUse: 'what io_uring accepts has no owner',
    },
    lostWithout: 'who accepts from whom, and how long connections wait in the accept queue',
  },
  close: {
    title: 'connections closed',
    requires: ['connectionState'],
    improves: {
      existingSockets: 'connections that were open at start have no known owner',
      existingOwners: 'connections that were open at start have no known owner',
    },
    lostWithout: 'how long connections live, their bytes, retransmits and round-trip time',
  },
  pickup: {
    title: 'receive pickup',
    requires: ['receiveQueued', 'receiveRead'],
    improves: { existingSockets: 'data that was unread at start is not seen' },
    lostWithout: 'how long received data waits for its reader',
  },
  command: {
    title: 'a traced command (wirelag -- COMMAND)',
    requires: ['commandProcesses'],
    improves: {},
    lostWithout: 'following the children of a command',
  },
} as const satisfies Record<string, SignalSpec>

export type ProbeSignal = keyof typeof signalSpecs

export const probeSignals = Object.keys(signalSpecs) as ProbeSignal[]

/** Every point that some of the signals need or can use. */
export function pointsOf(signals: readonly ProbeSignal[]): PointName[] {
  const names = signals.flatMap((signal) => {
    const spec: SignalSpec = signalSpecs[signal]
    return [...spec.requires, ...(Object.keys(spec.improves) as PointName[])]
  })
  return [...new Set(names)]
}
