/** A way to have a BPF program run at some place in the kernel. */
export type Hook = 'tp_btf' | 'tracepoint' | 'fentry' | 'kprobe' | 'iterator'

/** One way to watch a point: programs of bpf/probes that are loaded and attached together, or not at all. */
export interface HookVariant {
  hook: Hook
  programs: readonly string[]
  /** What the kernel's BTF must have: a tp_btf tracepoint `x` is its typedef `btf_trace_x`. */
  tracepoints?: readonly string[]
  /** What this way cannot tell, though the point is watched. */
  loses?: string
}

/** A place in the kernel that a signal watches, with the ways to do so, the best first. */
export interface ProbePoint {
  watches: string
  variants: readonly HookVariant[]
}

function tpBtf(tracepoints: readonly string[], programs: readonly string[], loses?: string): HookVariant {
  return { hook: 'tp_btf', programs, tracepoints, ...(loses === undefined ? {} : { loses }) }
}

function variant(hook: Hook, ...programs: string[]): HookVariant {
  return { hook, programs }
}

export const probePoints = {
  connectionState: {
    watches: 'state changes of TCP sockets',
    variants: [
      tpBtf(['inet_sock_set_state'], ['connection_state_tp']),
      variant('fentry', 'connection_state_fentry'),
      variant('kprobe', 'connection_state_kprobe'),
    ],
  },
  connectionDestroyed: {
    watches: 'the end of TCP sockets',
    variants: [
      tpBtf(['tcp_destroy_sock'], ['connection_destroyed_tp']),
      variant('fentry', 'connection_destroyed_fentry'),
      variant('kprobe', 'connection_destroyed_kprobe'),
    ],
  },
  connectCall: {
    watches: 'connect() and its result',
    variants: [
      variant('tracepoint', 'connect_call_enter', 'connect_call_exit'),
      variant('fentry', 'connect_call_fentry', 'connect_call_fexit'),
      variant('kprobe', 'connect_call_kprobe', 'connect_call_kretprobe'),
    ],
  },
  acceptCall: {
    watches: 'the return of accept()',
    variants: [
      variant('tracepoint', 'accept_call_exit', 'accept4_call_exit'),
      variant('fentry', 'accept_return2_fexit'),
      variant('fentry', 'accept_return4_fexit'),
      variant('kprobe', 'accept_return_kretprobe'),
    ],
  },
  acceptFirstUse: {
    watches: 'the first read from an accepted socket',
    variants: [
      tpBtf(['tcp_rcv_space_adjust'], ['accept_first_use_tp']),
      variant('fentry', 'accept_first_use_fentry'),
      variant('kprobe', 'accept_first_use_kprobe'),
    ],
  },
  receiveQueued: {
    watches: 'data entering a receive queue',
    variants: [
      tpBtf(['sk_data_ready'], ['pickup_queued_tp']),
      variant('fentry', 'pickup_queued_fentry'),
      variant('kprobe', 'pickup_queued_kprobe'),
      tpBtf(['tcp_probe'], ['pickup_segment_tp'], 'the wait of data that comes after this side has closed its own'),
    ],
  },
  receiveRead: {
    watches: 'data read from a receive queue',
    variants: [
      tpBtf(['tcp_rcv_space_adjust'], ['pickup_read_tp']),
      variant('fentry', 'pickup_read_fentry'),
      variant('kprobe', 'pickup_read_kprobe'),
    ],
  },
  receiveForgotten: {
    watches: 'the end of sockets with unread data',
    variants: [
      tpBtf(['tcp_destroy_sock'], ['pickup_forget_tp']),
      variant('fentry', 'pickup_forget_fentry'),
      variant('kprobe', 'pickup_forget_kprobe'),
    ],
  },
  existingSockets: {
    watches: 'the sockets that are open already',
    variants: [variant('iterator', 'existing_sockets')],
  },
  existingOwners: {
    watches: 'the processes that hold them',
    variants: [variant('iterator', 'existing_owners')],
  },
  commandProcesses: {
    watches: 'the children of a traced command',
    variants: [tpBtf(['sched_process_fork', 'sched_process_free'], ['command_fork_tp', 'command_free_tp'])],
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
      connectionDestroyed: 'connections that end before they are accepted stay in the table',
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
    improves: {
      existingSockets: 'data that was unread at start is not seen',
      receiveForgotten: 'a new socket may be told the wait of one that is gone',
    },
    lostWithout: 'how long received data waits for its reader',
  },
  command: {
    title: 'a traced command (wirelag -- COMMAND)',
    requires: ['commandProcesses'],
    improves: {},
    lostWithout: 'following the children of a command',
  },
} as const satisfies Record<string, SignalSpec>

/** Points that keep what is unread of a socket. */
export const unreadPoints: readonly PointName[] = ['receiveQueued', 'receiveRead']

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
