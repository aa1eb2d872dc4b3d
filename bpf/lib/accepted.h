/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_ACCEPTED_H
#define WIRELAG_ACCEPTED_H

#include "../maps/edges.h"
#include "../maps/selected.h"
#include "ledger.h"
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

static __always_inline void handle_accepted(const struct sock *sk, bool typed, struct connection *connection,
					    __u32 source, __u64 now_ns)
{
	struct wl_open_event event = {
		.kind = WL_EVENT_KIND_ACCEPT,
		.connection_id = connection->id,
		.handshake_ns = connection->handshake_ns,
		.accept_queue_ns = WL_UNKNOWN_NS,
	};

	if (connection->flags & WL_CONNECTION_FLAG_ACCEPTED)
		return;
	connection->flags |= WL_CONNECTION_FLAG_ACCEPTED;
	read_current_task(&event.owner, source);
	connection->owner = event.owner;
	/* The first use of a socket may come long after its accept. */
	connection->accepted_ns = now_ns;
	if (source == WL_OWNER_SOURCE_SYSCALL && connection->established_ns)
		event.accept_queue_ns = now_ns > connection->established_ns ? now_ns - connection->established_ns : 0;
	if (is_selected(event.owner.pid))
		connection->flags |= WL_CONNECTION_FLAG_SELECTED;
	if (is_slow(connection->handshake_ns) || is_slow(event.accept_queue_ns))
		connection->flags |= WL_CONNECTION_FLAG_SLOW;
	ledger_accepted(sk, now_ns);
	read_tuple(sk, typed, &event.tuple);
	if (emit_open(&event, WL_SIGNAL_ACCEPT, now_ns, connection->flags & WL_CONNECTION_FLAG_SELECTED,
		      connection->flags & WL_CONNECTION_FLAG_SLOW))
		count_accept(sk, typed, connection, event.accept_queue_ns);
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
