/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_LEDGER_EVENT_H
#define WIRELAG_LEDGER_EVENT_H

#include "../maps/connections.h"
#include "../maps/events.h"
#include "../maps/ledgers.h"
#include "filter.h"
#include "socket.h"

/*
 * A send call ends without the socket's lock, so that data that comes on another processor at that very moment may book
 * the same time, or none. What nobody booked is unexplained; false where more was booked than there was.
 */
static __always_inline bool balance(struct wl_ledger_event *event)
{
	__u64 rest_ns = event->wall_ns;

	for (int i = 0; i < WL_LEDGER_STAGES; i++) {
		if (event->ledger.stages[i] > rest_ns)
			return false;
		rest_ns -= event->ledger.stages[i];
	}
	event->ledger.stages[WL_LEDGER_STAGE_UNEXPLAINED] += rest_ns;
	return true;
}

/* Sends the parts of the whole, or of the exchange that ends. Written in the ring: it is too large for the stack. */
SUBPROGRAM void emit_ledger(const struct sock *sk, const struct ledger *ledger, __u32 span, __u64 now_ns)
{
	bool is_whole = span == WL_LEDGER_SPAN_CONNECTION;
	const struct wl_ledger *base = &ledger->exchange_base;
	const struct connection *connection = connection_of(sk);
	struct wl_ledger_event *event;

	if (!connection)
		return;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		COUNT(WL_SIGNAL_LEDGER, lost);
		return;
	}
	event->kind = WL_EVENT_KIND_LEDGER;
	event->span = span;
	event->time_ns = since_epoch(now_ns);
	event->wall_ns = now_ns - (is_whole ? ledger->began_ns : ledger->exchange_began_ns);
	event->connection_id = connection->id;
	event->owner = connection->owner;
	event->ledger = ledger->sums;
	if (!is_whole) {
		for (int i = 0; i < WL_LEDGER_STAGES; i++)
			event->ledger.stages[i] -= base->stages[i];
		event->ledger.syn_retries -= base->syn_retries;
		event->ledger.timeouts -= base->timeouts;
	}
	read_tuple(sk, UNTYPED, &event->tuple);
	if (!passes_tuple_filter(&event->tuple) ||
	    !passes_task_filter(&event->owner, connection->flags & WL_CONNECTION_FLAG_SELECTED)) {
		COUNT(WL_SIGNAL_LEDGER, filtered);
		bpf_ringbuf_discard(event, 0);
	} else if (!balance(event)) {
		COUNT(WL_SIGNAL_LEDGER, invalid);
		bpf_ringbuf_discard(event, 0);
	} else {
		COUNT(WL_SIGNAL_LEDGER, submitted);
		bpf_ringbuf_submit(event, 0);
	}
}

#endif
