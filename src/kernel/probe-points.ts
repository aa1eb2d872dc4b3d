/** A way to have a BPF program run at some place in the kernel. */
export type Hook = 'tp_btf' | 'tracepoint' | 'fentry' | 'kprobe' | 'iterator'

/** One way to watch a point: programs of bpf/probes that are loaded and attached together, or not at all. */
export interface HookVariant {
  hook: Hook
  programs: readonly string[]
  /** What the kernel's BTF must have: a tp_btf tracepoint `x` is its typedef `btf_trace_x`. */
  tracepoints?: readonly string[]
  /** Enums that the kernel's BTF must have. */
  enums?: readonly string[]
  /** What this way cannot tell, though the point is watched. */
  loses?: string
  /** What it costs those who have no part in it: it is used only where the signal was asked for by name. */
  burden?: string
}

/** A place in the kernel that a signal watches, with the ways to do so, the best first. */
export interface ProbePoint {
  watches: string
  variants: readonly HookVariant[]
  /** The point is only there where the kernel has this function. */
  onlyWith?: string
  /** Programs of other points that watch this one as well, where they run. */
  servedBy?: readonly string[]
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
    servedBy: ['pickup_read_tp', 'pickup_read_fentry', 'pickup_read_kprobe'],
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
  sendCall: {
    watches: 'send calls of TCP sockets',
    variants: [
      tpBtf(['tcp_sendmsg_locked', 'sock_send_length'], ['send_piece_tp', 'send_end_tp']),
      variant('fentry', 'send_entry_fentry', 'send_return_fexit', 'send_wait_fentry', 'send_wait_fexit'),
      variant('kprobe', 'send_entry_kprobe', 'send_return_kretprobe', 'send_wait_kprobe', 'send_wait_kretprobe'),
    ],
  },
  sendPage: {
    watches: 'sendfile() to TCP sockets',
    onlyWith: 'tcp_sendpage_locked',
    variants: [
      variant('fentry', 'sendpage_entry_fentry', 'sendpage_return_fexit'),
      variant('kprobe', 'sendpage_entry_kprobe', 'sendpage_return_kretprobe'),
    ],
  },
  datagramQueued: {
    watches: 'datagrams entering a receive queue',
    servedBy: ['pickup_queued_tp', 'pickup_queued_fentry', 'pickup_queued_kprobe'],
    variants: [
      tpBtf(['sk_data_ready'], ['datagram_queued_tp']),
      variant('fentry', 'datagram_queued_fentry'),
      variant('kprobe', 'datagram_queued_kprobe'),
    ],
  },
  datagramRead: {
    watches: 'datagrams read from a receive queue',
    variants: [
      tpBtf(['sock_recv_length'], ['datagram_read_tp']),
      variant('fentry', 'datagram_read_fentry'),
      variant('kprobe', 'datagram_read_kprobe'),
    ],
  },
  datagramSent: {
    watches: 'send calls of UDP sockets',
    variants: [
      {
        ...tpBtf(
          ['sock_send_length'],
          [
            'datagram_sent_tp',
            'datagram_sendto_enter',
            'datagram_sendto_exit',
            'datagram_sendmsg_enter',
            'datagram_sendmsg_exit',
            'datagram_sendmmsg_enter',
            'datagram_sendmmsg_exit',
          ],
          'what is sent over UDP with write() or by io_uring',
        ),
        burden: 'here it would slow down every send call of TCP as well',
      },
      variant('fentry', 'udp_sendmsg_fentry', 'udp_sendmsg_fexit', 'udpv6_sendmsg_fentry', 'udpv6_sendmsg_fexit'),
      variant(
        'kprobe',
        'udp_sendmsg_kprobe',
        'udp_sendmsg_kretprobe',
        'udpv6_sendmsg_kprobe',
        'udpv6_sendmsg_kretprobe',
      ),
    ],
  },
  datagramDropped: {
    watches: 'datagrams that find the receive buffer full',
    variants: [tpBtf(['udp_fail_queue_rcv_skb'], ['datagram_dropped_tp'])],
  },
  datagramForgotten: {
    watches: 'the end of UDP sockets',
    variants: [
      variant('fentry', 'udp_destroy_sock_fentry', 'udpv6_destroy_sock_fentry'),
      variant('kprobe', 'udp_destroy_sock_kprobe', 'udpv6_destroy_sock_kprobe'),
    ],
  },
  retransmit: {
    watches: 'segments that are sent again',
    variants: [
      tpBtf(['tcp_retransmit_skb'], ['retransmit_tp']),
      variant('fentry', 'retransmit_fentry'),
      variant('kprobe', 'retransmit_kprobe'),
    ],
  },
  retransmitSynAck: {
    watches: 'SYN-ACKs that are sent again',
    variants: [
      tpBtf(['tcp_retransmit_synack'], ['retransmit_synack_tp']),
      variant('fentry', 'retransmit_synack_fentry'),
      variant('kprobe', 'retransmit_synack_kprobe'),
    ],
  },
  resetReceived: {
    watches: 'resets that come in',
    variants: [
      tpBtf(['tcp_receive_reset'], ['reset_received_tp']),
      variant('fentry', 'reset_received_fentry'),
      variant('kprobe', 'reset_received_kprobe'),
    ],
  },
  resetSent: {
    watches: 'resets that go out',
    variants: [
      { ...tpBtf(['tcp_send_reset'], ['reset_sent_tp']), enums: ['sk_rst_reason'] },
      variant('fentry', 'reset_active_fentry', 'reset_v4_fentry', 'reset_v6_fentry'),
      tpBtf(['tcp_send_reset'], ['reset_sent_by_socket_tp'], 'resets that answer packets of no connection'),
    ],
  },
  packetDropped: {
    watches: 'packets that the kernel drops, and why',
    variants: [tpBtf(['kfree_skb'], ['drop_tp'])],
  },
  cgroupChanged: {
    watches: 'cgroups that come and go',
    variants: [tpBtf(['cgroup_mkdir', 'cgroup_rmdir'], ['cgroup_created_tp', 'cgroup_removed_tp'])],
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

/** Points that keep the state of sockets. */
export const statePoints: readonly PointName[] = [
  'receiveQueued',
  'receiveRead',
  'sendCall',
  'sendPage',
  'datagramQueued',
  'datagramRead',
  'datagramSent',
]

/** Further points that add to the ledgers and histories of sockets, where they are kept. */
export const recordPoints: readonly PointName[] = ['connectionState', 'retransmit', 'resetReceived', 'resetSent']

/** Points that are of use only where the state of sockets is kept in a hash. */
export const forgettingPoints: readonly PointName[] = ['receiveForgotten', 'datagramForgotten']
