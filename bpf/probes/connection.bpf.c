// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a TCP connection by its state changes: SYN sent, established, failed, closed.
 *
 * In softirq the current task is a bystander. Who owns the connection is taken where a task acts on it: here at
 * SYN_SENT, which is entered inside connect(), and in accept-call.bpf.c.
 */
#include "../lib/history.h"
#include "../lib/jiffies.h"
#include "../lib/ledger.h"
#include "../lib/open-event.h"
#include "../lib/passive-open.h"
#include "../maps/connect-calls.h"
#include "../maps/edges.h"
#include "../maps/selected.h"

SUBPROGRAM void begin_active(const struct sock *sk, bool typed, __u64 now_ns)
{
	struct connection connection = {
		.id = connection_id(sk, typed),
		.opened_ns = now_ns,
		.flags = WL_CONNECTION_FLAG_ACTIVE,
	};

	read_current_task(&connection.owner, WL_OWNER_SOURCE_SYSCALL);
	if (is_selected(connection.owner.pid))
		connection.flags |= WL_CONNECTION_FLAG_SELECTED;
	connection_begin(sk, &connection);
}

/* Apart, as its event is large. */
SUBPROGRAM void emit_pending(const struct sock *sk, bool typed, __u64 now_ns)
{
	const struct connection *connection = connection_of(sk);
	struct wl_open_event event = {
		.kind = WL_EVENT_KIND_PENDING,
		.handshake_ns = WL_UNKNOWN_NS,
		.accept_queue_ns = WL_UNKNOWN_NS,
	};

	if (!connection)
		return;
	event.connection_id = connection->id;
	event.owner = connection->owner;
	read_tuple(sk, typed, &event.tuple);
	emit_open(&event, WL_SIGNAL_PENDING, now_ns, connection->flags & WL_CONNECTION_FLAG_SELECTED, true);
}

SUBPROGRAM void handle_syn_sent(struct sock *sk, bool typed, __u64 now_ns)
{
	struct connect_call *call = current_connect_call();

	if (call)
		call->syn_sent = true;
	begin_active(sk, typed, now_ns);
	ledger_begin(sk, typed, now_ns, LEDGER_CONNECTING);
	if (cfg.slow_ns)
		emit_pending(sk, typed, now_ns);
}

/*
 * The active side's end of the handshake: established, or failed with `error`. It is sent whether slow or not, as user
 * space was told of its begin and leaves out the quick ones itself.
 */
static __always_inline bool emit_connect_end(struct sock *sk, bool typed, struct connection *connection,
					     __u64 now_ns, __u32 kind, __u32 error)
{
	struct wl_open_event event = {
		.kind = kind,
		.error = error,
		.connection_id = connection->id,
		.owner = connection->owner,
		.handshake_ns = connection->handshake_ns,
		.accept_queue_ns = WL_UNKNOWN_NS,
	};

	read_tuple(sk, typed, &event.tuple);
	return emit_open(&event, WL_SIGNAL_CONNECT, now_ns, connection->flags & WL_CONNECTION_FLAG_SELECTED, true);
}

static __always_inline __u64 handshake_so_far(const struct connection *connection, __u64 now_ns)
{
	return connection->opened_ns ? now_ns - connection->opened_ns : WL_UNKNOWN_NS;
}

static __always_inline void count_handshake(struct sock *sk, bool typed, const struct connection *connection)
{
	struct wl_edge_stats *stats = owner_edge_stats(sk, typed, connection);

	if (stats && connection->handshake_ns != WL_UNKNOWN_NS)
		histogram_add(&stats->stages[WL_STAGE_HANDSHAKE], connection->handshake_ns);
}

static __always_inline void count_failure(struct sock *sk, bool typed, const struct connection *connection)
{
	struct wl_edge_stats *stats = owner_edge_stats(sk, typed, connection);

	if (stats)
		__sync_fetch_and_add(&stats->failures, 1);
}

SUBPROGRAM bool handle_connected(struct sock *sk, bool typed, struct connection *connection,
					     __u64 now_ns)
{
	connection->established_ns = now_ns;
	connection->handshake_ns = handshake_so_far(connection, now_ns);
	if (is_slow(connection->handshake_ns))
		connection->flags |= WL_CONNECTION_FLAG_SLOW;
	ledger_connected(sk, typed, now_ns);
	return emit_connect_end(sk, typed, connection, now_ns, WL_EVENT_KIND_CONNECT, 0);
}

static __always_inline void handle_established(struct sock *sk, bool typed, int old_state, __u64 now_ns)
{
	struct connection *connection = connection_of(sk);

	if (connection && (connection->flags & WL_CONNECTION_FLAG_ACTIVE)) {
		if (handle_connected(sk, typed, connection, now_ns))
			count_handshake(sk, typed, connection);
	} else if (old_state == TCP_SYN_RECV) {
		if (!connection)
			begin_passive(sk, typed, now_ns);
		ledger_begin(sk, typed, now_ns, LEDGER_ACCEPT_QUEUE);
	}
}

/*
 * A connect that ended in CLOSE. Where the kernel set no error on the socket, either connect() itself failed after
 * SYN_SENT and will return the reason (then connect-call.bpf.c reports it, and this returns false), or the application
 * gave up and closed.
 */
SUBPROGRAM bool handle_connect_failed(struct sock *sk, bool typed, struct connection *connection,
						  __u64 now_ns)
{
	int error = BPF_CORE_READ(sk, sk_err);

	if (!error) {
		struct connect_call *call = is_owned_by_current(sk, typed) ? current_connect_call() : NULL;

		if (call && call->syn_sent) {
			call->closed = true;
			return false;
		}
		error = ECANCELED;
	}
	connection->handshake_ns = handshake_so_far(connection, now_ns);
	ledger_closed(sk, typed, now_ns);
	return emit_connect_end(sk, typed, connection, now_ns, WL_EVENT_KIND_FAIL, error);
}

/* A running chrono stands in its sum only when it stops. */
static __always_inline void read_limits(const struct tcp_sock *tp, struct wl_close_event *event)
{
	__u32 running = BPF_CORE_READ_BITFIELD_PROBED(tp, chrono_type);
	__u32 running_jiffies = (__u32)bpf_jiffies64() - BPF_CORE_READ(tp, chrono_start);
	__u64 jiffy_us = jiffy_ns() / 1000;
	__u32 jiffies[3] = {};

	BPF_CORE_READ_INTO(&jiffies, tp, chrono_stat);
	for (__u32 i = 0; i < 3; i++)
		if (running == i + 1)
			jiffies[i] += running_jiffies;
	event->receiver_limited_ms = jiffies[TCP_CHRONO_RWND_LIMITED - 1] * jiffy_us / 1000;
	event->send_limited_ms = jiffies[TCP_CHRONO_SNDBUF_LIMITED - 1] * jiffy_us / 1000;
	event->busy_ms = (jiffies[0] + jiffies[1] + jiffies[2]) * jiffy_us / 1000;
}

SUBPROGRAM void handle_closed(struct sock *sk, bool typed, struct connection *connection, __u64 now_ns)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	struct wl_close_event event = {
		.kind = WL_EVENT_KIND_CLOSE,
		.flags = WL_CONNECTION_FLAG_EXISTING,
		.time_ns = since_epoch(now_ns),
		.duration_ns = since_epoch(now_ns),
	};
	bool fin_received;

	if (cfg.state_rows)
		return;
	read_tuple(sk, typed, &event.tuple);
	if (connection) {
		event.connection_id = connection->id;
		event.flags = connection->flags;
		event.owner = connection->owner;
		if (connection->established_ns)
			event.duration_ns = now_ns - connection->established_ns;
	} else {
		event.connection_id = connection_id(sk, typed);
	}
	if ((cfg.slow_ns && !(event.flags & WL_CONNECTION_FLAG_SLOW)) || !passes_tuple_filter(&event.tuple) ||
	    !passes_task_filter(&event.owner, event.flags & WL_CONNECTION_FLAG_SELECTED)) {
		COUNT(WL_SIGNAL_CLOSE, filtered);
		return;
	}
	/* A received FIN takes a sequence number, which the kernel counts as a byte. */
	fin_received = BPF_CORE_READ(sk, __sk_common.skc_flags) & (1UL << SOCK_DONE);
	event.sent_bytes = BPF_CORE_READ(tp, bytes_sent) - BPF_CORE_READ(tp, bytes_retrans);
	event.received_bytes = BPF_CORE_READ(tp, bytes_received) - fin_received;
	event.retransmits = BPF_CORE_READ(tp, total_retrans);
	event.rtt_us = BPF_CORE_READ(tp, srtt_us) >> 3;
	event.min_rtt_us = BPF_CORE_READ(tp, rtt_min.s[0].v);
	event.error = BPF_CORE_READ(sk, sk_err);
	read_limits(tp, &event);
	submit(WL_SIGNAL_CLOSE, &event, sizeof(event));
}

static __always_inline void handle_close_state(struct sock *sk, bool typed, int old_state, __u64 now_ns)
{
	struct connection *connection = connection_of(sk);

	if (old_state != TCP_SYN_SENT && connection && (!cfg.slow_ns || (connection->flags & WL_CONNECTION_FLAG_SLOW)))
		ledger_closed(sk, typed, now_ns);
	switch (old_state) {
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
	case TCP_CLOSE_WAIT:
	case TCP_LAST_ACK:
	case TCP_CLOSING:
		handle_closed(sk, typed, connection, now_ns);
		/* Reset in the accept queue: accept() will still return it, or the listener destroy it. */
		if (connection && !(connection->flags & (WL_CONNECTION_FLAG_ACTIVE | WL_CONNECTION_FLAG_ACCEPTED)))
			return;
		break;
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
		if (connection && (connection->flags & WL_CONNECTION_FLAG_ACTIVE) &&
		    handle_connect_failed(sk, typed, connection, now_ns))
			count_failure(sk, typed, connection);
		break;
	}
	connection_end(sk);
	ledger_end(sk, typed);
}

/* The owner is known where the connection's is, and where a task acts on the socket. */
SUBPROGRAM void emit_state(struct sock *sk, bool typed, __u64 now_ns, int old_state, int new_state)
{
	struct connection *connection = connection_of(sk);
	struct wl_state_event event = {
		.kind = WL_EVENT_KIND_STATE,
		.old_state = old_state,
		.new_state = new_state,
		.time_ns = since_epoch(now_ns),
	};

	event.connection_id = connection ? connection->id : connection_id(sk, typed);
	if (connection && connection->owner.source)
		event.owner = connection->owner;
	else if (is_owned_by_current(sk, typed))
		read_current_task(&event.owner, WL_OWNER_SOURCE_SYSCALL);
	read_tuple(sk, typed, &event.tuple);
	if (passes_tuple_filter(&event.tuple) &&
	    passes_task_filter(&event.owner, connection && (connection->flags & WL_CONNECTION_FLAG_SELECTED)))
		submit(WL_SIGNAL_STATE, &event, sizeof(event));
	else
		COUNT(WL_SIGNAL_STATE, filtered);
}

static __always_inline void handle_connection(struct sock *sk, bool typed, __u64 now_ns, int old_state, int new_state)
{
	if (new_state == TCP_SYN_SENT)
		handle_syn_sent(sk, typed, now_ns);
	else if (new_state == TCP_SYN_RECV && old_state == TCP_LISTEN)
		connection_end(sk); /* a new child: nothing is left of what was at its address */
	else if (new_state == TCP_ESTABLISHED)
		handle_established(sk, typed, old_state, now_ns);
	else if (new_state == TCP_CLOSE)
		handle_close_state(sk, typed, old_state, now_ns);
	else if (new_state == TCP_CLOSE_WAIT)
		ledger_peer_closed(sk, typed, now_ns);
	else if (new_state == TCP_FIN_WAIT1 || new_state == TCP_LAST_ACK)
		ledger_closing(sk, typed, now_ns);
}

static __always_inline void handle_state_change(struct sock *sk, bool typed, int old_state, int new_state)
{
	bool is_child = old_state == TCP_LISTEN && new_state == TCP_SYN_RECV;
	__u64 now_ns;

	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return;
	now_ns = bpf_ktime_get_ns();
	/* The end of a connection takes its entry away, and with it who owned it. */
	if (cfg.state_rows && new_state == TCP_CLOSE)
		emit_state(sk, typed, now_ns, old_state, new_state);
	if (cfg.history && new_state == TCP_CLOSE)
		history_state(sk, typed, now_ns, old_state, new_state);
	handle_connection(sk, typed, now_ns, old_state, new_state);
	if (is_child)
		history_forget(sk);
	else if (cfg.history && new_state != TCP_CLOSE)
		history_state(sk, typed, now_ns, old_state, new_state);
	/* A child begins as a copy of its listener: it knows no peer yet, and has not changed its state. */
	if (cfg.state_rows && new_state != TCP_CLOSE && !is_child)
		emit_state(sk, typed, now_ns, old_state, new_state);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(connection_state_tp, struct sock *sk, int old_state, int new_state)
{
	handle_state_change(sk, TYPED, old_state, new_state);
	return 0;
}

SEC("fentry/tcp_set_state")
int BPF_PROG(connection_state_fentry, struct sock *sk, int new_state)
{
	handle_state_change(sk, TYPED, sk->__sk_common.skc_state, new_state);
	return 0;
}

SEC("kprobe/tcp_set_state")
int BPF_KPROBE(connection_state_kprobe, struct sock *sk, int new_state)
{
	handle_state_change(sk, UNTYPED, BPF_CORE_READ(sk, __sk_common.skc_state), new_state);
	return 0;
}

/* Frees what was never accepted, and what a missed change to CLOSE would leave behind. */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(connection_destroyed_tp, struct sock *sk)
{
	connection_end(sk);
	ledger_forget(sk);
	history_forget(sk);
	return 0;
}

SEC("fentry/tcp_v4_destroy_sock")
int BPF_PROG(connection_destroyed_fentry, struct sock *sk)
{
	connection_end(sk);
	ledger_forget(sk);
	history_forget(sk);
	return 0;
}

SEC("kprobe/tcp_v4_destroy_sock")
int BPF_KPROBE(connection_destroyed_kprobe, struct sock *sk)
{
	connection_end(sk);
	ledger_forget(sk);
	history_forget(sk);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
