// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive pickup: how long the oldest unread byte of a TCP socket had waited when a task read it.
 *
 * Start: sk_data_ready (6.3+), which fires after data entered the receive queue, in every state that may receive, also
 * half-closed, also for data that came through the backlog; and not for bare ACKs, as tcp_probe does.
 * End: tcp_rcv_space_adjust, which fires inside recvmsg, splice and zerocopy receive, after a part was copied.
 */
#include "../lib/filter.h"
#include "../lib/task.h"
#include "../maps/events.h"
#include "../maps/packet-clock.h"
#include "../maps/pickup-histograms.h"
#include "../maps/selected.h"
#include "../maps/unread.h"

/*
 * Reads of one thread that follow each other within this time, of data that was there at the first, are one pickup:
 * one recvmsg() copies segment by segment, and a reader with a small buffer calls again at once.
 */
#define SAME_PICKUP_NS 200000ULL

/* `queued_ns`: now, as near as it need be. */
static __always_inline void handle_queued(struct sock *sk, __u32 copied_seq, __u32 rcv_nxt, __u64 queued_ns)
{
	struct unread *unread_ = bpf_sk_storage_get(&unread, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (!unread_)
		return;
	if (!(unread_->flags & UNREAD_KNOWN)) {
		unread_->flags = UNREAD_KNOWN;
		unread_->end_seq = copied_seq;
	}
	if (!seq_before(unread_->end_seq, rcv_nxt))
		return;
	/* A task has the socket: this data came earlier, and was kept in the backlog until the task let go. */
	if (is_owned_by_current(sk))
		queued_ns = arrival_ns(sk, queued_ns);
	mark_queued(sk, unread_, copied_seq, rcv_nxt, queued_ns);
}

static __always_inline bool same_pickup(const struct unread *unread_, const struct current_process *reader, __u64 now_ns)
{
	return unread_->reader.pid_tgid == reader->pid_tgid && unread_->oldest_ns <= unread_->last_read_ns &&
	       now_ns - unread_->last_read_ns < SAME_PICKUP_NS;
}

/* Counts into the histogram of the reader's process, whose slot the socket remembers until another reads. */
static __always_inline void aggregate(struct unread *unread_, const struct current_process *reader, __u64 latency_ns)
{
	struct wl_histogram *histogram;
	__u32 slot;

	if (unread_->reader.pid_tgid != reader->pid_tgid || unread_->reader.start_ns != reader->start_ns)
		unread_->reader_slot = slot_of_current(reader);
	slot = unread_->reader_slot;
	histogram = bpf_map_lookup_elem(&pickup_histograms, &slot);
	if (histogram)
		histogram_add(histogram, latency_ns);
}

static __always_inline void sample(struct sock *sk, struct unread *unread_, const struct current_process *reader,
				   __u64 now_ns, __u64 latency_ns, bool at_least)
{
	struct wl_pickup_event event = {};

	if ((__s64)latency_ns < 0) {
		COUNT(WL_SIGNAL_PICKUP, invalid);
		return;
	}
	if (cfg.pickup_rows || has_tuple_filter())
		read_tuple(sk, true, &event.tuple);
	if (cfg.pickup_rows || has_task_filter())
		read_current_task(&event.reader, WL_OWNER_SOURCE_SYSCALL);
	if (!passes_tuple_filter(&event.tuple) ||
	    !passes_task_filter(&event.reader, is_selected(event.reader.pid))) {
		COUNT(WL_SIGNAL_PICKUP, filtered);
		return;
	}
	if (cfg.pickup_histogram)
		aggregate(unread_, reader, latency_ns);
	if (!cfg.pickup_rows)
		return;
	if (latency_ns <= cfg.pickup_over_ns) {
		COUNT(WL_SIGNAL_PICKUP, filtered);
		return;
	}
	event.kind = WL_EVENT_KIND_PICKUP;
	event.flags = at_least ? WL_PICKUP_FLAG_AT_LEAST : 0;
	event.time_ns = since_epoch(now_ns);
	event.connection_id = bpf_get_socket_cookie(sk);
	event.latency_ns = latency_ns;
	submit(WL_SIGNAL_PICKUP, &event, sizeof(event));
}

static __always_inline void handle_read(struct sock *sk, __u32 copied_seq)
{
	struct unread *unread_ = bpf_sk_storage_get(&unread, sk, 0, 0);
	struct current_process reader;
	__u64 now_ns, oldest_ns;
	bool at_least, same;

	if (!unread_ || !(unread_->flags & UNREAD_KNOWN))
		return;
	if (!seq_before(unread_->read_seq, copied_seq)) /* MSG_PEEK reads nothing */
		return;
	now_ns = bpf_ktime_get_ns();
	reader = current_process();
	same = same_pickup(unread_, &reader, now_ns);
	oldest_ns = unread_->oldest_ns;
	at_least = unread_->flags & UNREAD_AT_LEAST;
	retire_marks(sk, unread_, copied_seq);
	/* In softirq an in-kernel consumer (a sockmap, a TLS parser) reads: the current task is no reader. */
	if (!same && is_owned_by_current(sk))
		sample(sk, unread_, &reader, now_ns, now_ns - oldest_ns, at_least);
	unread_->reader = reader;
	unread_->last_read_ns = now_ns;
}

SEC("tp_btf/sk_data_ready")
int BPF_PROG(pickup_queued_tp, struct sock *sk)
{
	struct tcp_sock *tp;

	if (sk->sk_protocol != IPPROTO_TCP || sk->__sk_common.skc_state == TCP_LISTEN)
		return 0;
	tp = tcp_sock_of(sk);
	/* The stack has looked at the clock for this very packet; to look again would double the cost of this program. */
	if (tp)
		handle_queued(sk, tp->copied_seq, tp->rcv_nxt, tp->tcp_clock_cache);
	return 0;
}

SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(pickup_read_tp, struct sock *sk)
{
	struct tcp_sock *tp = tcp_sock_of(sk);

	if (tp)
		handle_read(sk, tp->copied_seq);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
