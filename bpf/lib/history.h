/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_HISTORY_H
#define WIRELAG_HISTORY_H

#include "../maps/connections.h"
#include "../maps/events.h"
#include "../maps/selected.h"
#include "../maps/socket-state.h"
#include "filter.h"

/*
 * What happened to a TCP socket lately, kept in the kernel and told only when something took long or failed: so it is
 * known what led to it.
 */

/* Of a socket whose state is at hand. NULL: none is kept, or there is none and none is to be made. */
static __always_inline struct history *history_of(const struct sock *sk, bool typed, struct socket_state *state,
						  bool create)
{
	if (!cfg.history)
		return NULL;
	if (!typed || cfg.state_in_hash)
		return history_in_hash(sk, create);
	return state ? &((struct recorded_state *)state)->history : NULL;
}

/* Of a socket whose state is not. */
static __always_inline struct history *history_of_socket(const struct sock *sk, bool typed, bool create)
{
	if (!cfg.history)
		return NULL;
	return history_of(sk, typed, typed && !cfg.state_in_hash ? socket_state_of(sk, typed, create) : NULL, create);
}

/* Of sk_storage the kernel itself takes care. */
static __always_inline void history_forget(const struct sock *sk)
{
	__u64 key = (__u64)sk;

	if (cfg.history && cfg.state_in_hash)
		bpf_map_delete_elem(&histories_hash, &key);
}

static __always_inline bool is_over_history_threshold(__u64 duration_ns)
{
	return cfg.history_over_ns && duration_ns != WL_UNKNOWN_NS && duration_ns > cfg.history_over_ns;
}

static __always_inline struct wl_history_item *history_item(struct history *history, __u32 number)
{
	return &history->ring[number & (WL_HISTORY_ITEMS - 1)];
}

static __always_inline struct wl_history_item *history_add(struct history *history, const struct wl_history_item *item)
{
	struct wl_history_item *place = history_item(history, history->end);

	*place = *item;
	barrier();
	history->end++;
	return place;
}

/* The last item, if it is of that kind and has not been told: what is like it may be added to it. */
static __always_inline struct wl_history_item *history_last(struct history *history, __u8 what)
{
	struct wl_history_item *last = history_item(history, history->end - 1);

	return history->end != history->told && last->what == what ? last : NULL;
}

/* The owner of the connection, else the current task where it is the one that caused it. */
static __always_inline bool read_history_owner(const struct sock *sk, bool typed, const struct connection *connection,
					       __u8 cause, struct wl_task *out)
{
	if (connection && connection->owner.source) {
		*out = connection->owner;
		return connection->flags & WL_CONNECTION_FLAG_SELECTED;
	}
	if (cause == WL_HISTORY_WHAT_SEND || is_owned_by_current(sk, typed))
		read_current_task(out, WL_OWNER_SOURCE_FIRST_USE);
	else
		__builtin_memset(out, 0, sizeof(*out));
	return is_selected(out->pid);
}

/* Sends what has not been told of a socket's history. Written in the ring: it is too large for the stack. */
SUBPROGRAM void history_tell(const struct sock *sk, bool typed, struct history *history,
			     const struct wl_history_item *cause, __u32 trigger)
{
	const struct connection *connection = connection_of(sk);
	__u32 end = history->end, first = history->told, overwritten;
	struct wl_history_event *event;
	bool is_selected_;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		COUNT(WL_SIGNAL_HISTORY, lost);
		return;
	}
	is_selected_ = read_history_owner(sk, typed, connection, cause->what, &event->owner);
	read_tuple(sk, typed, &event->tuple);
	if (!passes_tuple_filter(&event->tuple) || !passes_task_filter(&event->owner, is_selected_)) {
		COUNT(WL_SIGNAL_HISTORY, filtered);
		bpf_ringbuf_discard(event, 0);
		return;
	}
	event->kind = WL_EVENT_KIND_HISTORY;
	event->trigger = trigger;
	event->time_ns = since_epoch(bpf_ktime_get_ns());
	event->connection_id = connection_id(sk, typed);
	event->cause = *cause;
	event->told = first;
	event->end = end;
	event->_pad = 0;
	bpf_probe_read_kernel(event->items, sizeof(event->items), history->ring);
	/* Those that were overwritten while this read them, one that may just be, and those long before. */
	barrier();
	overwritten = history->end - (WL_HISTORY_ITEMS - 1);
	if ((__s32)(overwritten - first) > 0)
		first = overwritten;
	event->first = (__s32)(end - first) < 0 ? end : first;
	if ((__s32)(end - history->told) > 0)
		history->told = end;
	COUNT(WL_SIGNAL_HISTORY, submitted);
	bpf_ringbuf_submit(event, 0);
}

/* Who accepted the child, and after how long, is known by its first use: the accept() programs do not reach its history. */
SUBPROGRAM void history_note_accept(const struct sock *sk, bool typed, struct history *history)
{
	const struct connection *connection = connection_of(sk);
	struct wl_history_item item = {
		.duration_ns = WL_UNKNOWN_NS,
		.what = WL_HISTORY_WHAT_ACCEPT,
	};

	history->flags &= ~HISTORY_AWAITS_ACCEPT;
	if (!connection || !connection->accepted_ns)
		return;
	item.time_ns = since_epoch(connection->accepted_ns);
	if (connection->owner.source == WL_OWNER_SOURCE_SYSCALL)
		item.duration_ns = connection->accepted_ns > connection->established_ns
					   ? connection->accepted_ns - connection->established_ns
					   : 0;
	history_add(history, &item);
	if (is_over_history_threshold(item.duration_ns) || is_over_history_threshold(connection->handshake_ns))
		history_tell(sk, typed, history, &item, WL_HISTORY_TRIGGER_SLOW);
}

/* The current task uses the socket. */
static __always_inline void history_used(const struct sock *sk, bool typed, struct history *history)
{
	if (history && (history->flags & HISTORY_AWAITS_ACCEPT))
		history_note_accept(sk, typed, history);
}

/* Data is to be read; what comes with nothing between is one item. */
static __always_inline void history_received(struct history *history, __u32 bytes, __u64 queued_ns)
{
	struct wl_history_item *last;
	__u64 time_ns;

	if (!history)
		return;
	time_ns = since_epoch(queued_ns);
	last = history_last(history, WL_HISTORY_WHAT_RECEIVE);
	if (last) {
		last->bytes += bytes;
		last->duration_ns = time_ns - last->time_ns;
		last->extra += last->extra != 0xffff;
	} else {
		history_add(history, &(struct wl_history_item){
			.time_ns = time_ns,
			.bytes = bytes,
			.extra = 1,
			.what = WL_HISTORY_WHAT_RECEIVE,
		});
	}
}

/* `same_turn`: the reader goes on with what it began. */
static __always_inline void history_read(const struct sock *sk, bool typed, struct history *history, __u32 bytes,
					 __u64 now_ns, __u64 latency_ns, bool same_turn)
{
	struct wl_history_item *last;

	if (!history)
		return;
	history_used(sk, typed, history);
	last = same_turn ? history_last(history, WL_HISTORY_WHAT_READ) : NULL;
	if (last) {
		last->bytes += bytes;
		return;
	}
	last = history_add(history, &(struct wl_history_item){
		.time_ns = since_epoch(now_ns),
		.duration_ns = latency_ns,
		.bytes = bytes,
		.what = WL_HISTORY_WHAT_READ,
	});
	if (!same_turn && is_over_history_threshold(latency_ns) && is_owned_by_current(sk, typed))
		history_tell(sk, typed, history, last, WL_HISTORY_TRIGGER_SLOW);
}

/* Notes in the call which item is its. */
static __always_inline void history_send_begins(const struct sock *sk, bool typed, struct history *history,
						struct send_call *call)
{
	if (!history)
		return;
	history_used(sk, typed, history);
	call->history_item = history->end;
	history_add(history, &(struct wl_history_item){
		.time_ns = since_epoch(call->entered_ns),
		.duration_ns = WL_UNKNOWN_NS,
		.what = WL_HISTORY_WHAT_SEND,
	});
}

/* What has happened so much since that another item stands where its own did is not told how it ended. */
static __always_inline void history_send_ends(const struct sock *sk, bool typed, struct history *history,
					      const struct send_call *call, __u64 now_ns, long result)
{
	struct wl_history_item item, *begun;

	if (!history)
		return;
	item = (struct wl_history_item){
		.time_ns = since_epoch(call->entered_ns),
		.duration_ns = now_ns - call->entered_ns,
		.bytes = result > 0 ? result : 0,
		.extra = result < 0 ? -result : 0,
		.what = WL_HISTORY_WHAT_SEND,
		.type = call->zero_window ? WL_SAMPLE_FLAG_ZERO_WINDOW : 0,
	};
	begun = history_item(history, call->history_item);
	if (begun->what == item.what && begun->time_ns == item.time_ns)
		*begun = item;
	if (is_over_history_threshold(item.duration_ns))
		history_tell(sk, typed, history, &item, WL_HISTORY_TRIGGER_SLOW);
}

/*
 * The socket goes to another state. To be called before what is known of the connection is forgotten, and, where it is
 * established, after its handshake is known.
 */
SUBPROGRAM void history_state(const struct sock *sk, bool typed, __u64 now_ns, int old_state, int new_state)
{
	bool is_connect = new_state == TCP_SYN_SENT;
	bool is_child = old_state == TCP_SYN_RECV && new_state == TCP_ESTABLISHED;
	const struct connection *connection = connection_of(sk);
	struct wl_history_item item = {
		.time_ns = since_epoch(now_ns),
		.what = WL_HISTORY_WHAT_STATE,
		.type = new_state,
	};
	struct history *history = history_of_socket(sk, typed, is_connect || is_child);
	bool is_active = connection && (connection->flags & WL_CONNECTION_FLAG_ACTIVE);

	if (!history)
		return;
	if (is_connect) {
		history->end = 0;
		history->told = 0;
		history->flags = 0;
	} else if (is_child && !is_active) {
		history->flags |= HISTORY_AWAITS_ACCEPT;
	} else if (new_state != TCP_ESTABLISHED && is_owned_by_current(sk, typed)) {
		history_used(sk, typed, history);
	}
	if (new_state == TCP_CLOSE)
		item.extra = BPF_CORE_READ(sk, sk_err);
	if (new_state == TCP_ESTABLISHED && is_active && connection->handshake_ns != WL_UNKNOWN_NS)
		item.duration_ns = connection->handshake_ns;
	history_add(history, &item);
	if (is_over_history_threshold(item.duration_ns))
		history_tell(sk, typed, history, &item, WL_HISTORY_TRIGGER_SLOW);
	else if (new_state == TCP_CLOSE && is_active && (old_state == TCP_SYN_SENT || old_state == TCP_SYN_RECV))
		history_tell(sk, typed, history, &item, WL_HISTORY_TRIGGER_FAILURE);
}

static __always_inline void history_retransmit(const struct sock *sk, bool typed, __u32 type, __u64 stall_ns)
{
	struct history *history = history_of_socket(sk, typed, false);
	struct wl_history_item item = {
		.duration_ns = stall_ns,
		.what = WL_HISTORY_WHAT_RETRANSMIT,
		.type = type,
	};

	if (!history)
		return;
	item.time_ns = since_epoch(bpf_ktime_get_ns());
	history_add(history, &item);
	if (type == WL_RETRANSMIT_TYPE_RTO)
		history_tell(sk, typed, history, &item, WL_HISTORY_TRIGGER_RTO);
}

static __always_inline void history_reset(const struct sock *sk, bool typed, __u32 direction)
{
	struct history *history = history_of_socket(sk, typed, false);
	struct wl_history_item item = {
		.what = WL_HISTORY_WHAT_RESET,
		.type = direction,
	};

	if (!history)
		return;
	item.time_ns = since_epoch(bpf_ktime_get_ns());
	history_add(history, &item);
}

#endif
