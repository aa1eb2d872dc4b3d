/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_LEDGER_H
#define WIRELAG_LEDGER_H

#include "../maps/connections.h"
#include "../maps/socket-state.h"
#include "ledger-booking.h"
#include "ledger-event.h"

/*
 * The ledger of a connection: at every event the time since the last one is booked as one stage, so that the stages add
 * up to the wall time by construction. Which stage it was follows from the state before and the event: what comes after
 * nothing was under way is the application's time if this side acts, the wire's and the peer's if data comes.
 */

/* Of a socket whose state is at hand. NULL: none is kept, or none has begun. */
static __always_inline struct ledger *ledger_of(const struct sock *sk, bool typed, struct socket_state *state)
{
	struct ledger *ledger;

	if (!cfg.ledger)
		return NULL;
	if (!typed || cfg.state_in_hash)
		return ledger_in_hash(sk);
	if (!state)
		return NULL;
	ledger = &((struct recorded_state *)state)->ledger;
	return ledger->state == LEDGER_NONE ? NULL : ledger;
}

/* Of a socket whose state is not. */
static __always_inline struct ledger *ledger_of_socket(const struct sock *sk, bool typed)
{
	if (!cfg.ledger)
		return NULL;
	return ledger_of(sk, typed, typed && !cfg.state_in_hash ? socket_state_of(sk, typed, false) : NULL);
}

static __always_inline struct ledger *new_ledger(const struct sock *sk, bool typed)
{
	struct recorded_state *record;

	if (!typed || cfg.state_in_hash)
		return new_ledger_in_hash(sk);
	record = (struct recorded_state *)socket_state_of(sk, typed, true);
	if (!record)
		return NULL;
	record->ledger = no_ledger;
	return &record->ledger;
}

SUBPROGRAM void ledger_begin(const struct sock *sk, bool typed, __u64 now_ns, __u32 state)
{
	struct ledger *ledger = cfg.ledger ? new_ledger(sk, typed) : NULL;

	if (!ledger)
		return;
	ledger->began_ns = now_ns;
	ledger->since_ns = now_ns;
	ledger->state = state;
	if (state == LEDGER_CONNECTING)
		note_user(ledger, current_cpu_delay_ns());
}

/* Of a connection that was there before wirelag, when something happens to it. */
SUBPROGRAM struct ledger *ledger_adopt(const struct sock *sk, bool typed, __u64 now_ns)
{
	const struct connection *connection = connection_of(sk);
	struct ledger *ledger;

	if (!cfg.exchange_over_ns || !connection || !(connection->flags & WL_CONNECTION_FLAG_EXISTING))
		return NULL;
	ledger_begin(sk, typed, now_ns, LEDGER_OPEN);
	ledger = ledger_of_socket(sk, typed);
	if (ledger)
		ledger->flags |= LEDGER_ADOPTED;
	return ledger;
}

SUBPROGRAM void ledger_end(const struct sock *sk, bool typed)
{
	__u64 key = (__u64)sk;
	struct ledger *ledger;

	if (!cfg.ledger)
		return;
	if (!typed || cfg.state_in_hash) {
		bpf_map_delete_elem(&ledgers_hash, &key);
		return;
	}
	ledger = ledger_of_socket(sk, typed);
	if (ledger)
		ledger->state = LEDGER_NONE;
}

/* The socket is no more. Of sk_storage the kernel itself takes care. */
static __always_inline void ledger_forget(const struct sock *sk)
{
	__u64 key = (__u64)sk;

	if (cfg.ledger && cfg.state_in_hash)
		bpf_map_delete_elem(&ledgers_hash, &key);
}

static __always_inline void begin_exchange(struct ledger *ledger, __u32 span, __u64 now_ns)
{
	if (!cfg.exchange_over_ns || ledger->exchange_began_ns)
		return;
	ledger->exchange_began_ns = now_ns;
	ledger->exchange_span = span;
	ledger->exchange_base = ledger->sums;
}

static __always_inline void end_exchange(const struct sock *sk, struct ledger *ledger, __u32 span, __u64 now_ns)
{
	__u64 began_ns = ledger->exchange_began_ns;

	if (!began_ns || ledger->exchange_span != span)
		return;
	if (now_ns - began_ns > cfg.exchange_over_ns)
		emit_ledger(sk, ledger, span, now_ns);
	ledger->exchange_began_ns = 0;
}

/* What the socket turns to when nothing is under way. */
static __always_inline __u32 resting_state(const struct ledger *ledger)
{
	return ledger->flags & LEDGER_HAS_UNREAD ? LEDGER_UNREAD : LEDGER_OPEN;
}

SUBPROGRAM void ledger_connected(const struct sock *sk, bool typed, __u64 now_ns)
{
	struct ledger *ledger = ledger_of_socket(sk, typed);

	if (!ledger)
		return;
	book_all(ledger, now_ns);
	ledger->state = resting_state(ledger);
}

static __always_inline void leave_accept_queue(struct ledger *ledger, __u64 accepted_ns)
{
	book_until(ledger, accepted_ns, WL_LEDGER_STAGE_ACCEPT_QUEUE);
	ledger->state = resting_state(ledger);
}

/*
 * To be called before anything is booked: accept() may have returned it meanwhile, whose programs reach a socket only by
 * its address, and leave word in the connection.
 */
SUBPROGRAM void note_accept(const struct sock *sk, struct ledger *ledger)
{
	const struct connection *connection = connection_of(sk);

	if (!ledger || !connection || !connection->accepted_ns)
		return;
	leave_accept_queue(ledger, connection->accepted_ns);
	ledger->user_task = connection->user_task;
	ledger->user_tid = connection->owner.tid;
	ledger->user_delay_ns = connection->user_delay_ns;
}

static __always_inline void note_if_accepted(const struct sock *sk, struct ledger *ledger)
{
	if (ledger->state == LEDGER_ACCEPT_QUEUE)
		note_accept(sk, ledger);
}

/* The same where the current task uses it: so it was accepted, by now at the latest. */
static __always_inline void note_used(const struct sock *sk, struct ledger *ledger, __u64 now_ns, __u64 delay_ns)
{
	note_if_accepted(sk, ledger);
	if (ledger->state != LEDGER_ACCEPT_QUEUE)
		return;
	leave_accept_queue(ledger, now_ns);
	note_user(ledger, delay_ns);
}

/* The current task has read; `drained`: all there was. */
static __always_inline void ledger_read(const struct sock *sk, bool typed, struct socket_state *state, __u64 now_ns,
					bool drained)
{
	struct ledger *ledger = ledger_of(sk, typed, state);
	__u64 delay_ns;

	if (!ledger)
		return;
	delay_ns = current_cpu_delay_ns();
	note_used(sk, ledger, now_ns, delay_ns);
	if (drained)
		ledger->flags &= ~LEDGER_HAS_UNREAD;
	if (ledger->state == LEDGER_UNREAD) {
		book_cpu_wait(ledger, now_ns, delay_ns);
		book_until(ledger, now_ns, WL_LEDGER_STAGE_RECEIVE_QUEUE);
		ledger->state = resting_state(ledger);
	}
	note_user(ledger, delay_ns);
	end_exchange(sk, ledger, WL_LEDGER_SPAN_REQUEST, now_ns);
}

static __always_inline void ledger_send_begins(const struct sock *sk, bool typed, struct socket_state *state,
					       __u64 now_ns)
{
	struct ledger *ledger = ledger_of(sk, typed, state);
	__u64 delay_ns;

	if (cfg.ledger && !ledger)
		ledger = ledger_adopt(sk, typed, now_ns);
	if (!ledger)
		return;
	delay_ns = current_cpu_delay_ns();
	note_used(sk, ledger, now_ns, delay_ns);
	if (ledger->state != LEDGER_OPEN && ledger->state != LEDGER_UNREAD)
		return;
	book_cpu_wait(ledger, now_ns, delay_ns);
	book_until(ledger, now_ns,
		   ledger->state == LEDGER_OPEN ? WL_LEDGER_STAGE_APPLICATION : WL_LEDGER_STAGE_RECEIVE_QUEUE);
	ledger->state = LEDGER_SENDING;
	note_user(ledger, delay_ns);
	begin_exchange(ledger, WL_LEDGER_SPAN_REQUEST, now_ns);
}

static __always_inline void ledger_send_ends(const struct sock *sk, bool typed, struct socket_state *state,
					     __u64 now_ns, __u64 blocked_ns)
{
	struct ledger *ledger = ledger_of(sk, typed, state);
	__u64 copied_ns;

	if (!ledger || ledger->state != LEDGER_SENDING)
		return;
	copied_ns = now_ns - ledger->since_ns;
	if ((__s64)copied_ns > 0) {
		take(&copied_ns, blocked_ns);
		book_until(ledger, ledger->since_ns + copied_ns, WL_LEDGER_STAGE_SEND);
		book_wait_until((const struct tcp_sock *)sk, UNTYPED, ledger, now_ns, WL_LEDGER_STAGE_SEND_BLOCKED);
	}
	ledger->state = resting_state(ledger);
	end_exchange(sk, ledger, WL_LEDGER_SPAN_REPLY, now_ns);
}

/* The peer has sent its FIN: the application is to notice. */
SUBPROGRAM void ledger_peer_closed(const struct sock *sk, bool typed, __u64 now_ns)
{
	struct ledger *ledger = ledger_of_socket(sk, typed);

	if (!ledger)
		return;
	note_if_accepted(sk, ledger);
	if (ledger->state == LEDGER_OPEN)
		book_wait_until((const struct tcp_sock *)sk, UNTYPED, ledger, now_ns, WL_LEDGER_STAGE_WIRE);
}

/* This side sends its FIN. */
SUBPROGRAM void ledger_closing(const struct sock *sk, bool typed, __u64 now_ns)
{
	struct ledger *ledger = ledger_of_socket(sk, typed);

	if (!ledger)
		return;
	note_if_accepted(sk, ledger);
	if (is_owned_by_current(sk, typed) && (ledger->state == LEDGER_OPEN || ledger->state == LEDGER_UNREAD))
		book_cpu_wait(ledger, now_ns, current_cpu_delay_ns());
	if (ledger->state == LEDGER_OPEN)
		book_until(ledger, now_ns, WL_LEDGER_STAGE_APPLICATION);
	else
		book_all(ledger, now_ns);
	ledger->state = LEDGER_CLOSING;
}

SUBPROGRAM void ledger_closed(const struct sock *sk, bool typed, __u64 now_ns)
{
	struct ledger *ledger = ledger_of_socket(sk, typed);

	if (!ledger)
		return;
	note_if_accepted(sk, ledger);
	/* Reset while nothing was under way: nothing tells whose time it was. */
	if (ledger->state == LEDGER_OPEN)
		book_until(ledger, now_ns, WL_LEDGER_STAGE_UNEXPLAINED);
	else
		book_all(ledger, now_ns);
	if (cfg.connection_ledgers && !(ledger->flags & LEDGER_ADOPTED))
		emit_ledger(sk, ledger, WL_LEDGER_SPAN_CONNECTION, now_ns);
}

/* A retransmission timer that ran for `stall_ns` has run out. */
SUBPROGRAM void ledger_timeout(const struct sock *sk, bool typed, __u64 stall_ns)
{
	struct ledger *ledger = ledger_of_socket(sk, typed);

	if (!ledger)
		return;
	ledger->expired_ns += stall_ns;
	if (ledger->state == LEDGER_CONNECTING)
		ledger->sums.syn_retries++;
	else
		ledger->sums.timeouts++;
}

#endif
