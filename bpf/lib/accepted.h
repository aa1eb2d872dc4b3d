/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_ACCEPTED_H
#define WIRELAG_ACCEPTED_H

#include "../maps/edges.h"
#include "../maps/selected.h"
#include "cpu-wait.h"
#include "open-event.h"

static __always_inline void count_accept(const struct sock *sk, bool typed, const struct connection *connection,
					 __u64 accept_queue_ns)
{
	struct wl_edge_stats *stats = owner_edge_stats(sk, typed, connection);

	if (!stats)
		return;
	if (accept_queue_ns != WL_UNKNOWN_NS)
		histogram_add(&stats->stages[WL_STAGE_ACCEPT_QUEUE], accept_queue_ns);
	if (connection->handshake_ns != WL_UNKNOWN_NS)
		histogram_add(&stats->stages[WL_STAGE_HANDSHAKE], connection->handshake_ns);
}

/* Returns whether it passes the filters. Apart, so that the event is not in the stack of all that may come to it. */
SUBPROGRAM bool emit_accept(const struct sock *sk, bool typed, const struct connection *connection,
			    __u64 accept_queue_ns)
{
	struct wl_open_event event = {
		.kind = WL_EVENT_KIND_ACCEPT,
		.connection_id = connection->id,
		.handshake_ns = connection->handshake_ns,
		.accept_queue_ns = accept_queue_ns,
		.owner = connection->owner,
	};

	read_tuple(sk, typed, &event.tuple);
	return emit_open(&event, WL_SIGNAL_ACCEPT, connection->accepted_ns,
			 connection->flags & WL_CONNECTION_FLAG_SELECTED, connection->flags & WL_CONNECTION_FLAG_SLOW);
}

static __always_inline void handle_accepted(const struct sock *sk, bool typed, struct connection *connection,
					    __u32 source, __u64 now_ns)
{
	__u64 accept_queue_ns = WL_UNKNOWN_NS;

	if (connection->flags & WL_CONNECTION_FLAG_ACCEPTED)
		return;
	connection->flags |= WL_CONNECTION_FLAG_ACCEPTED;
	read_current_task(&connection->owner, source);
	if (cfg.ledger) {
		connection->user_task = bpf_get_current_task();
		connection->user_delay_ns = current_cpu_delay_ns();
	}
	/* The first use of a socket may come long after its accept. */
	connection->accepted_ns = now_ns;
	if (source == WL_OWNER_SOURCE_SYSCALL && connection->established_ns)
		accept_queue_ns = now_ns > connection->established_ns ? now_ns - connection->established_ns : 0;
	if (is_selected(connection->owner.pid))
		connection->flags |= WL_CONNECTION_FLAG_SELECTED;
	if (is_slow(connection->handshake_ns) || is_slow(accept_queue_ns))
		connection->flags |= WL_CONNECTION_FLAG_SLOW;
	if (emit_accept(sk, typed, connection, accept_queue_ns))
		count_accept(sk, typed, connection, accept_queue_ns);
}

/* Where accept is no system call (io_uring), or its return cannot be seen: the first task that reads from the socket. */
static __always_inline int handle_first_use(struct sock *sk, bool typed)
{
	struct connection *connection = connection_of(sk);

	if (!connection || (connection->flags & (WL_CONNECTION_FLAG_ACTIVE | WL_CONNECTION_FLAG_ACCEPTED)))
		return 0;
	if (is_owned_by_current(sk, typed))
		handle_accepted(sk, typed, connection, WL_OWNER_SOURCE_FIRST_USE, bpf_ktime_get_ns());
	return 0;
}

#endif
