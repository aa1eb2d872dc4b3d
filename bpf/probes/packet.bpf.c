// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes wrong with packets: retransmits by type with the stall they cost, resets by direction, and packets of TCP and
 * UDP that the kernel drops, with its own reason.
 */
#include "../lib/history.h"
#include "../lib/ledger.h"
#include "../lib/packet.h"
#include "../lib/sample.h"

/* Returns whether it passes the filters, sent or not. */
static __always_inline bool submit_packet(struct wl_packet_event *event, __u32 signal,
					  const struct connection *connection)
{
	bool is_selected_ = connection && (connection->flags & WL_CONNECTION_FLAG_SELECTED);
	bool passes = passes_tuple_filter(&event->tuple) && passes_task_filter(&event->owner, is_selected_);

	if (!cfg.packet_rows || !passes) {
		COUNT(signal, filtered);
		return passes;
	}
	event->time_ns = since_epoch(bpf_ktime_get_ns());
	submit(signal, event, sizeof(*event));
	return true;
}

static __always_inline void note_connection(struct wl_packet_event *event, const struct connection *connection)
{
	if (!connection)
		return;
	event->connection_id = connection->id;
	event->owner = connection->owner;
}

/*
 * Why a segment is sent again: the retransmission timer's handler clears icsk_pending before it sends, the loss probe's
 * handler leaves its own mark there (tcp_write_timer_handler()).
 */
static __always_inline __u32 retransmit_type(const struct sock *sk)
{
	__u8 pending = BPF_CORE_READ((const struct inet_connection_sock *)sk, icsk_pending);
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	if (state == TCP_SYN_SENT)
		return WL_RETRANSMIT_TYPE_SYN;
	if (state == TCP_SYN_RECV)
		return WL_RETRANSMIT_TYPE_SYN_ACK;
	if (pending == ICSK_TIME_LOSS_PROBE)
		return WL_RETRANSMIT_TYPE_TLP;
	return pending ? WL_RETRANSMIT_TYPE_FAST : WL_RETRANSMIT_TYPE_RTO;
}

static __always_inline int handle_retransmit(const struct sock *sk, bool typed)
{
	struct connection *connection = connection_of(sk);
	struct wl_packet_event event = {
		.kind = WL_EVENT_KIND_RETRANSMIT,
		.type = retransmit_type(sk),
	};
	struct wl_edge_stats *stats;

	/* The timer is doubled only after the segment was sent. */
	if (event.type == WL_RETRANSMIT_TYPE_RTO || event.type == WL_RETRANSMIT_TYPE_SYN) {
		event.stall_ns = BPF_CORE_READ((const struct inet_connection_sock *)sk, icsk_rto) * jiffy_ns();
		ledger_timeout(sk, typed, event.stall_ns);
	}
	history_retransmit(sk, typed, event.type, event.stall_ns);
	note_connection(&event, connection);
	read_tuple(sk, UNTYPED, &event.tuple);
	if (!submit_packet(&event, WL_SIGNAL_RETRANSMIT, connection))
		return 0;
	stats = owner_edge_stats(sk, UNTYPED, connection);
	if (!stats)
		return 0;
	__sync_fetch_and_add(&stats->retransmits[event.type & 3], event.type < 4);
	if (event.type == WL_RETRANSMIT_TYPE_TLP)
		__sync_fetch_and_add(&stats->retransmits[WL_RETRANSMIT_TYPE_TLP], 1);
	__sync_fetch_and_add(&stats->stall_ns, event.stall_ns);
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(retransmit_tp, const struct sock *sk)
{
	return handle_retransmit(sk, TYPED);
}

SEC("fentry/__tcp_retransmit_skb")
int BPF_PROG(retransmit_fentry, struct sock *sk)
{
	return handle_retransmit(sk, TYPED);
}

SEC("kprobe/__tcp_retransmit_skb")
int BPF_KPROBE(retransmit_kprobe, struct sock *sk)
{
	return handle_retransmit(sk, UNTYPED);
}

/* The connection has no socket yet but a request, which begins with the same struct sock_common. */
static __always_inline int handle_retransmit_synack(const struct request_sock *request)
{
	struct wl_packet_event event = {
		.kind = WL_EVENT_KIND_RETRANSMIT,
		.type = WL_RETRANSMIT_TYPE_SYN_ACK,
	};

	read_request_tuple((const struct sock_common *)request, &event.tuple);
	submit_packet(&event, WL_SIGNAL_RETRANSMIT, NULL);
	return 0;
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(retransmit_synack_tp, const struct sock *listener, const struct request_sock *request)
{
	return handle_retransmit_synack(request);
}

/* tcp_rtx_synack() also sends the first SYN-ACK again where it was not sent at all; that is none the less a retransmit. */
SEC("fentry/tcp_rtx_synack")
int BPF_PROG(retransmit_synack_fentry, const struct sock *listener, const struct request_sock *request)
{
	return handle_retransmit_synack(request);
}

SEC("kprobe/tcp_rtx_synack")
int BPF_KPROBE(retransmit_synack_kprobe, const struct sock *listener, const struct request_sock *request)
{
	return handle_retransmit_synack(request);
}

/* A socket that its task closes is no connection any more when the reset goes out. */
static __always_inline bool is_closed_by_current(const struct sock *sk)
{
	return sk && BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE && is_owned_by_current(sk, UNTYPED);
}

static __always_inline void handle_reset(const struct sock *sk, bool typed, const struct sk_buff *skb, __u32 direction)
{
	/* A TIME_WAIT or request socket answers through a listener or none: only a full socket is a connection. */
	struct connection *connection = sk ? connection_of(sk) : NULL;
	struct wl_packet_event event = {
		.kind = WL_EVENT_KIND_RESET,
		.type = direction,
	};
	struct wl_edge_stats *stats;

	note_connection(&event, connection);
	if (sk)
		history_reset(sk, typed, direction);
	if (!connection && !skb && is_closed_by_current(sk))
		read_current_task(&event.owner, WL_OWNER_SOURCE_SYSCALL);
	if (skb)
		read_packet_tuple(skb, &event.tuple); /* what is answered: its destination is this end */
	else if (sk)
		read_tuple(sk, UNTYPED, &event.tuple);
	if (!submit_packet(&event, WL_SIGNAL_RESET, connection) || !sk)
		return;
	stats = owner_edge_stats(sk, UNTYPED, connection);
	if (stats && direction == WL_RESET_DIRECTION_SENT)
		__sync_fetch_and_add(&stats->resets_sent, 1);
	else if (stats)
		__sync_fetch_and_add(&stats->resets_received, 1);
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(reset_sent_tp, const struct sock *sk, const struct sk_buff *skb)
{
	handle_reset(sk, TYPED, skb, WL_RESET_DIRECTION_SENT);
	return 0;
}

/* Before 6.10 (19822a980e19), which named the reasons, it fires only where there is a socket. */
SEC("tp_btf/tcp_send_reset")
int BPF_PROG(reset_sent_by_socket_tp, const struct sock *sk, const struct sk_buff *skb)
{
	handle_reset(sk, TYPED, skb, WL_RESET_DIRECTION_SENT);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(reset_received_tp, struct sock *sk)
{
	handle_reset(sk, TYPED, NULL, WL_RESET_DIRECTION_RECEIVED);
	return 0;
}

SEC("fentry/tcp_reset")
int BPF_PROG(reset_received_fentry, struct sock *sk)
{
	handle_reset(sk, TYPED, NULL, WL_RESET_DIRECTION_RECEIVED);
	return 0;
}

SEC("kprobe/tcp_reset")
int BPF_KPROBE(reset_received_kprobe, struct sock *sk)
{
	handle_reset(sk, UNTYPED, NULL, WL_RESET_DIRECTION_RECEIVED);
	return 0;
}

SEC("fentry/tcp_send_active_reset")
int BPF_PROG(reset_active_fentry, struct sock *sk)
{
	handle_reset(sk, TYPED, NULL, WL_RESET_DIRECTION_SENT);
	return 0;
}

SEC("fentry/tcp_v4_send_reset")
int BPF_PROG(reset_v4_fentry, const struct sock *sk, struct sk_buff *skb)
{
	handle_reset(sk, TYPED, skb, WL_RESET_DIRECTION_SENT);
	return 0;
}

SEC("fentry/tcp_v6_send_reset")
int BPF_PROG(reset_v6_fentry, const struct sock *sk, struct sk_buff *skb)
{
	handle_reset(sk, TYPED, skb, WL_RESET_DIRECTION_SENT);
	return 0;
}

/* A packet is freed as it could not be delivered, which since 5.17 has a reason (c504e5c2f964). */
SEC("tp_btf/kfree_skb")
int BPF_PROG(drop_tp, struct sk_buff *skb, void *location, __u32 reason)
{
	struct wl_packet_event event = {
		.kind = WL_EVENT_KIND_DROP,
		.type = reason,
	};

	if (reason <= bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED))
		return 0;
	/* What was still queued when a socket was closed, such as the peer's FIN: it had been delivered. */
	if (bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_QUEUE_PURGE) &&
	    reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_QUEUE_PURGE))
		return 0;
	event.flags = read_packet_tuple(skb, &event.tuple) == IPPROTO_UDP ? WL_SAMPLE_FLAG_UDP : 0;
	if (!event.tuple.local_port)
		return 0; /* neither TCP nor UDP */
	submit_packet(&event, WL_SIGNAL_DROP, NULL);
	return 0;
}

/* A datagram that found the receive buffer full. */
SEC("tp_btf/udp_fail_queue_rcv_skb")
int BPF_PROG(datagram_dropped_tp, int error, struct sock *sk)
{
	struct socket_state *state = socket_state_of(sk, TYPED, false);
	struct wl_edge_stats *stats;
	__u32 slot;

	if (!cfg.aggregate || !state || !state->user_pid)
		return 0;
	slot = state->edge_slot;
	stats = bpf_map_lookup_elem(&edge_stats, &slot);
	if (stats)
		__sync_fetch_and_add(&stats->drops, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
