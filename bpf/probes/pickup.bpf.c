// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive pickup: how long the oldest unread byte of a TCP socket had waited when a task read it.
 *
 * Start: sk_data_ready (6.3+), which fires after data entered the receive queue, in every state that may receive, also
 * half-closed, also for data that came through the backlog; and not for bare ACKs, as tcp_probe does. Before 6.3 the
 * function that it reports from, or else tcp_probe, which knows established connections only.
 * End: tcp_rcv_space_adjust, which fires inside recvmsg, splice and zerocopy receive, after a part was copied.
 */
#include "../lib/accepted.h"
#include "../lib/datagram.h"
#include "../lib/history.h"
#include "../lib/ledger-arrival.h"
#include "../lib/marks.h"
#include "../lib/sample.h"
#include "../lib/typed-cast.h"
#include "../maps/packet-clock.h"

/*
 * Reads of one thread that follow each other within this time, of data that was there at the first, are one pickup:
 * one recvmsg() copies segment by segment, and a reader with a small buffer calls again at once.
 */
#define SAME_PICKUP_NS 200000ULL

/* The bytes up to `rcv_nxt` are in the queue. `queued_ns`: now, as near as it need be. */
static __always_inline void handle_queued(struct sock *sk, const struct tcp_sock *tp, bool typed, __u32 copied_seq,
					  __u32 rcv_nxt, __u64 queued_ns)
{
	struct socket_state *state = socket_state_of(sk, typed, true);

	if (!state)
		return;
	if (!(state->flags & UNREAD_KNOWN)) {
		state->flags = UNREAD_KNOWN;
		state->end_seq = copied_seq;
	}
	if (!seq_before(state->end_seq, rcv_nxt))
		return;
	/* A task has the socket: this data came earlier, and was kept in the backlog until the task let go. */
	if (is_owned_by_current(sk, typed))
		queued_ns = arrival_ns(sk, typed, queued_ns);
	history_received(history_of(sk, typed, state, true), rcv_nxt - state->end_seq, queued_ns);
	mark_queued(sk, typed, state, copied_seq, rcv_nxt, queued_ns);
	ledger_queued(sk, tp, typed, state, queued_ns);
}

static __always_inline bool same_pickup(const struct socket_state *state, const struct current_process *reader,
					__u64 now_ns)
{
	return state->reader == reader->pid_tgid && state->oldest_ns <= state->last_read_ns &&
	       now_ns - state->last_read_ns < SAME_PICKUP_NS;
}

static __always_inline void sample_pickup(struct sock *sk, bool typed, struct socket_state *state,
					  const struct current_process *reader, __u64 now_ns, __u64 latency_ns,
					  bool at_least)
{
	struct sample sample = {
		.kind = WL_EVENT_KIND_PICKUP,
		.signal = WL_SIGNAL_PICKUP,
		.stage = WL_STAGE_PICKUP,
		.flags = at_least ? WL_SAMPLE_FLAG_AT_LEAST : 0,
		.protocol = IPPROTO_TCP,
		.rows = cfg.pickup_rows,
		.over_ns = cfg.pickup_over_ns,
		.latency_ns = latency_ns,
	};

	take_sample(sk, typed, &sample, state, reader, now_ns);
}

static __always_inline void handle_read(struct sock *sk, bool typed, __u32 copied_seq)
{
	struct socket_state *state = socket_state_of(sk, typed, false);
	struct current_process reader;
	bool at_least, same, is_marked;
	__u64 now_ns, oldest_ns;
	__u32 bytes;

	if (!state || !(state->flags & UNREAD_KNOWN))
		return;
	if (!seq_before(state->read_seq, copied_seq)) /* MSG_PEEK reads nothing */
		return;
	now_ns = bpf_ktime_get_ns();
	reader = current_process();
	same = same_pickup(state, &reader, now_ns);
	oldest_ns = state->oldest_ns;
	at_least = state->flags & UNREAD_AT_LEAST;
	is_marked = seq_before(state->read_seq, state->end_seq);
	bytes = copied_seq - state->read_seq;
	if (seq_before(state->end_seq, copied_seq))
		state->end_seq = copied_seq;
	retire_marks(sk, typed, state, copied_seq);
	if (cfg.first_use_at_read && !state->reader)
		handle_first_use(sk, typed);
	history_read(sk, typed, history_of(sk, typed, state, false), bytes, now_ns,
		     is_marked ? now_ns - oldest_ns : WL_UNKNOWN_NS, same);
	/* In softirq an in-kernel consumer (a sockmap, a TLS parser) reads: the current task is no reader. */
	if (!is_marked)
		COUNT(WL_SIGNAL_PICKUP, invalid);
	else if (!same && is_owned_by_current(sk, typed))
		sample_pickup(sk, typed, state, &reader, now_ns, now_ns - oldest_ns, at_least);
	state->reader = reader.pid_tgid;
	state->last_read_ns = now_ns;
	if (is_owned_by_current(sk, typed))
		ledger_read(sk, typed, state, now_ns, !seq_before(copied_seq, state->end_seq));
}

/* A FIN takes a sequence number, but is no data. */
static __always_inline __u32 readable_end(__u32 rcv_nxt, unsigned long socket_flags)
{
	return rcv_nxt - !!(socket_flags & (1UL << SOCK_DONE));
}

/* The stack has looked at the clock for this very packet; to look again would double the cost. */
static __always_inline int handle_data_ready(struct sock *sk)
{
	struct tcp_sock *tp;

	if (cfg.datagrams_at_queued && sk->sk_protocol == IPPROTO_UDP)
		return handle_datagram_queued(sk, TYPED);
	if (sk->sk_protocol != IPPROTO_TCP || sk->__sk_common.skc_state == TCP_LISTEN)
		return 0;
	tp = tcp_sock_of(sk);
	if (tp)
		handle_queued(sk, tp, TYPED, tp->copied_seq, readable_end(tp->rcv_nxt, sk->__sk_common.skc_flags),
			      tp->tcp_clock_cache);
	return 0;
}

SEC("tp_btf/sk_data_ready")
int BPF_PROG(pickup_queued_tp, struct sock *sk)
{
	return handle_data_ready(sk);
}

/* What sk_data_ready reports from. Called through a pointer, so never inlined; for sockets of all protocols. */
SEC("fentry/sock_def_readable")
int BPF_PROG(pickup_queued_fentry, struct sock *sk)
{
	return handle_data_ready(sk);
}

SEC("kprobe/sock_def_readable")
int BPF_KPROBE(pickup_queued_kprobe, struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	if (cfg.datagrams_at_queued && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_UDP)
		return handle_datagram_queued(sk, UNTYPED);
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP || BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN)
		return 0;
	handle_queued(sk, tp, UNTYPED, BPF_CORE_READ(tp, copied_seq),
		      readable_end(BPF_CORE_READ(tp, rcv_nxt), BPF_CORE_READ(sk, __sk_common.skc_flags)),
		      BPF_CORE_READ(tp, tcp_clock_cache));
	return 0;
}

/*
 * Before 6.3 and without fentry and kprobes: tcp_probe sees each segment of an established connection before it is
 * queued, and before the stack has looked at the clock. What fills no gap, or lies behind one, is not readable yet.
 */
SEC("tp_btf/tcp_probe")
int BPF_PROG(pickup_segment_tp, struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sock_of(sk);
	struct {
		__be16 source, dest;
		__be32 seq, ack_seq;
		__u8 offset; /* of the data in words, in the upper half */
		__u8 rest[3];
	} header;
	__u32 seq, end_seq;

	if (!tp || bpf_probe_read_kernel(&header, sizeof(header), skb->data))
		return 0;
	seq = bpf_ntohl(header.seq);
	end_seq = seq + skb->len - (header.offset >> 4) * 4;
	if (!seq_before(tp->rcv_nxt, seq) && seq_before(tp->rcv_nxt, end_seq))
		handle_queued(sk, tp, TYPED, tp->copied_seq, end_seq, bpf_ktime_get_ns());
	return 0;
}

SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(pickup_read_tp, struct sock *sk)
{
	struct tcp_sock *tp = tcp_sock_of(sk);

	if (tp)
		handle_read(sk, TYPED, tp->copied_seq);
	return 0;
}

SEC("fentry/tcp_rcv_space_adjust")
int BPF_PROG(pickup_read_fentry, struct sock *sk)
{
	struct tcp_sock *tp = tcp_sock_of(sk);

	if (tp)
		handle_read(sk, TYPED, tp->copied_seq);
	return 0;
}

SEC("kprobe/tcp_rcv_space_adjust")
int BPF_KPROBE(pickup_read_kprobe, struct sock *sk)
{
	handle_read(sk, UNTYPED, BPF_CORE_READ((struct tcp_sock *)sk, copied_seq));
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(pickup_forget_tp, struct sock *sk)
{
	socket_state_forget(sk);
	return 0;
}

SEC("fentry/tcp_v4_destroy_sock")
int BPF_PROG(pickup_forget_fentry, struct sock *sk)
{
	socket_state_forget(sk);
	return 0;
}

SEC("kprobe/tcp_v4_destroy_sock")
int BPF_KPROBE(pickup_forget_kprobe, struct sock *sk)
{
	socket_state_forget(sk);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
