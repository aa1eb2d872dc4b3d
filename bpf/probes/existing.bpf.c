// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sockets that were there before wirelag. Run once, after the other programs are attached: `existing_sockets` in
 * every network namespace, then `existing_owners` (holders.bpf.c) once for the whole host.
 */
#include "../lib/jiffies.h"
#include "../lib/socket.h"
#include "../maps/connections.h"
#include "../maps/listening.h"
#include "../maps/socket-state.h"

static __always_inline bool is_open(__u8 state)
{
	return state == TCP_ESTABLISHED || state == TCP_SYN_SENT || state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 ||
	       state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING;
}

static __always_inline void begin_existing(struct sock_common *skc, struct connection *connection)
{
	__u64 key = (__u64)skc;

	connection->id = connection_id(skc, TYPED);
	connection->handshake_ns = WL_UNKNOWN_NS;
	connection->flags = WL_CONNECTION_FLAG_EXISTING;
	if (skc->skc_state == TCP_SYN_SENT)
		connection->flags |= WL_CONNECTION_FLAG_ACTIVE;
	else if (is_listening_port(skc))
		connection->flags |= WL_CONNECTION_FLAG_PASSIVE;
	bpf_map_update_elem(&connections, &key, connection, BPF_NOEXIST);
}

/*
 * Data that is in the queue already: nobody has noted when it came. The last of it came at lrcvtime, so the oldest has
 * waited at least since then.
 */
static __always_inline void mark_existing(struct sock_common *skc, struct tcp_sock *tp)
{
	struct socket_state *state;

	if (!seq_before(tp->copied_seq, tp->rcv_nxt))
		return;
	state = socket_state_of((struct sock *)skc, TYPED, true);
	if (!state || (state->flags & UNREAD_KNOWN))
		return;
	state->oldest_ns =
		bpf_ktime_get_ns() - ((__u32)bpf_jiffies64() - tp->inet_conn.icsk_ack.lrcvtime) * jiffy_ns();
	state->newest_ns = state->oldest_ns;
	state->read_seq = tp->copied_seq;
	state->end_seq = tp->rcv_nxt;
	state->flags = UNREAD_KNOWN | UNREAD_AT_LEAST;
}

SEC("iter/tcp")
int existing_sockets(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct connection connection = {};
	struct tcp_sock *tp;

	if (!skc)
		return 0;
	if (skc->skc_state == TCP_LISTEN) /* they come before the others */
		note_listening_port(skc);
	if (!is_open(skc->skc_state))
		return 0;
	tp = bpf_skc_to_tcp_sock(skc);
	if (!tp)
		return 0;
	begin_existing(skc, &connection);
	mark_existing(skc, tp);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
