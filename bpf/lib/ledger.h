/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_LEDGER_H
#define WIRELAG_LEDGER_H

#include "../maps/connections.h"
#include "../maps/ledgers.h"
#include "cpu-wait.h"
#include "jiffies.h"
#include "ledger-event.h"

/*
 * The ledger of a connection: at every event the time since the last one is booked as one stage, so that the stages add
 * up to the wall time by construction. Which stage it was follows from the state before and the event: what comes after
 * nothing was under way is the application's time if this side acts, the wire's and the peer's if data comes.
 */

/* The time in which the peer's window was the limit so far, in jiffies: tcp_chrono_stop() adds up when it ends. */
static __always_inline __u32 receiver_limited_jiffies(const struct sock *sk)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)sk;
	__u32 jiffies = BPF_CORE_READ(tp, chrono_stat[TCP_CHRONO_RWND_LIMITED - 1]);

	if (BPF_CORE_READ_BITFIELD_PROBED(tp, chrono_type) == TCP_CHRONO_RWND_LIMITED)
		jiffies += (__u32)bpf_jiffies64() - BPF_CORE_READ(tp, chrono_start);
	return jiffies;
}

static __always_inline __u64 take(__u64 *rest_ns, __u64 wanted_ns)
{
	__u64 taken_ns = wanted_ns < *rest_ns ? wanted_ns : *rest_ns;

	*rest_ns -= taken_ns;
	return taken_ns;
}

/* Books the time up to `now` as `stage`; what timers and the peer's window had of it goes to theirs. */
static __always_inline void book_until(const struct sock *sk, struct ledger *ledger, __u64 now_ns, __u32 stage)
{
	__u64 rest_ns = now_ns - ledger->since_ns;

	if ((__s64)rest_ns <= 0)
		return;
	ledger->since_ns = now_ns;
	if (stage == WL_LEDGER_STAGE_CONNECT) {
		ledger->sums.stages[WL_LEDGER_STAGE_SYN_RETRY] += take(&rest_ns, ledger->expired_ns);
		ledger->expired_ns = 0;
	} else if (stage == WL_LEDGER_STAGE_WIRE || stage == WL_LEDGER_STAGE_SEND_BLOCKED) {
		__u32 limited = receiver_limited_jiffies(sk);

		ledger->sums.stages[WL_LEDGER_STAGE_RTO] += take(&rest_ns, ledger->expired_ns);
		ledger->expired_ns = 0;
		if (limited != ledger->limited_jiffies)
			ledger->sums.stages[WL_LEDGER_STAGE_RECEIVER_LIMITED] +=
				take(&rest_ns, (limited - ledger->limited_jiffies) * jiffy_ns());
		ledger->limited_jiffies = limited;
	}
	if (stage < WL_LEDGER_STAGES)
		ledger->sums.stages[stage] += rest_ns;
}

static __always_inline void book_all(const struct sock *sk, struct ledger *ledger, __u64 now_ns)
{
	switch (ledger->state) {
	case LEDGER_CONNECTING:
		return book_until(sk, ledger, now_ns, WL_LEDGER_STAGE_CONNECT);
	case LEDGER_ACCEPT_QUEUE:
		return book_until(sk, ledger, now_ns, WL_LEDGER_STAGE_ACCEPT_QUEUE);
	case LEDGER_UNREAD:
		return book_until(sk, ledger, now_ns, WL_LEDGER_STAGE_RECEIVE_QUEUE);
	case LEDGER_SENDING:
		return book_until(sk, ledger, now_ns, WL_LEDGER_STAGE_SEND);
	case LEDGER_CLOSING:
		return book_until(sk, ledger, now_ns, WL_LEDGER_STAGE_CLOSING);
	}
}

/* The current task acts on the socket. */
static __always_inline void note_user(struct ledger *ledger)
{
	ledger->user_task = bpf_get_current_task();
	ledger->user_tid = (__u32)bpf_get_current_pid_tgid();
	ledger->user_delay_ns = cpu_delay_ns((const struct task_struct *)ledger->user_task);
}

/* Books what the current task wanted a CPU for and had none, since it, or data for it, was last noted. */
static __always_inline void book_cpu_wait(struct ledger *ledger, __u64 now_ns)
{
	__u64 rest_ns = now_ns - ledger->since_ns, delay_ns;

	if ((__s64)rest_ns <= 0 || ledger->user_task != bpf_get_current_task())
		return;
	delay_ns = cpu_delay_ns((const struct task_struct *)ledger->user_task) - ledger->user_delay_ns;
	delay_ns = take(&rest_ns, delay_ns);
	ledger->sums.stages[WL_LEDGER_STAGE_CPU_WAIT] += delay_ns;
	ledger->since_ns += delay_ns;
}

/* What a new ledger is made from, being too large for the stack. */
static const struct ledger empty_ledger;

static __always_inline void ledger_begin(const struct sock *sk, __u64 now_ns, __u32 state)
{
	__u64 key = (__u64)sk;
	struct ledger *ledger;

	if (!cfg.ledger)
		return;
	bpf_map_update_elem(&ledgers, &key, &empty_ledger, BPF_ANY);
	ledger = ledger_of(sk);
	if (!ledger)
		return;
	ledger->began_ns = now_ns;
	ledger->since_ns = now_ns;
	ledger->state = state;
	if (state == LEDGER_CONNECTING)
		note_user(ledger);
}

/* Of a connection that was there before wirelag, when something happens to it. */
SUBPROGRAM struct ledger *ledger_adopt(const struct sock *sk, __u64 now_ns)
{
	const struct connection *connection = connection_of(sk);
	struct ledger *ledger;

	if (!cfg.exchange_over_ns || !connection || !(connection->flags & WL_CONNECTION_FLAG_EXISTING))
		return NULL;
	ledger_begin(sk, now_ns, LEDGER_OPEN);
	ledger = ledger_of(sk);
	if (ledger)
		ledger->flags |= LEDGER_ADOPTED;
	return ledger;
}

static __always_inline void ledger_end(const struct sock *sk)
{
	__u64 key = (__u64)sk;

	if (cfg.ledger)
		bpf_map_delete_elem(&ledgers, &key);
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

static __always_inline void ledger_connected(const struct sock *sk, __u64 now_ns)
{
	struct ledger *ledger = cfg.ledger ? ledger_of(sk) : NULL;

	if (!ledger)
		return;
	book_all(sk, ledger, now_ns);
	ledger->state = resting_state(ledger);
}

static __always_inline void ledger_accepted(const struct sock *sk, __u64 now_ns)
{
	struct ledger *ledger = cfg.ledger ? ledger_of(sk) : NULL;

	if (!ledger || ledger->state != LEDGER_ACCEPT_QUEUE)
		return;
	book_all(sk, ledger, now_ns);
	ledger->state = resting_state(ledger);
	note_user(ledger);
}

/* Data is to be read. */
static __always_inline void ledger_queued(const struct sock *sk, __u64 now_ns)
{
	struct ledger *ledger = cfg.ledger ? ledger_of(sk) : NULL;
	const struct task_struct *user;

	if (cfg.ledger && !ledger)
		ledger = ledger_adopt(sk, now_ns);
	if (!ledger || (ledger->flags & LEDGER_HAS_UNREAD))
		return;
	ledger->flags |= LEDGER_HAS_UNREAD;
	user = (const struct task_struct *)ledger->user_task;
	if (user && (__u32)BPF_CORE_READ(user, pid) == ledger->user_tid)
		ledger->user_delay_ns = cpu_delay_ns(user);
	else
		ledger->user_task = 0;
	if (ledger->state != LEDGER_OPEN)
		return;
	book_until(sk, ledger, now_ns, WL_LEDGER_STAGE_WIRE);
	ledger->state = LEDGER_UNREAD;
	begin_exchange(ledger, WL_LEDGER_SPAN_REPLY, now_ns);
}

/* The current task has read; `drained`: all there was. */
static __always_inline void ledger_read(const struct sock *sk, __u64 now_ns, bool drained)
{
	struct ledger *ledger = cfg.ledger ? ledger_of(sk) : NULL;

	if (!ledger)
		return;
	ledger_accepted(sk, now_ns);
	if (ledger->state == LEDGER_UNREAD)
		book_cpu_wait(ledger, now_ns);
	if (ledger->state == LEDGER_UNREAD)
		book_all(sk, ledger, now_ns);
	if (drained)
		ledger->flags &= ~LEDGER_HAS_UNREAD;
	if (ledger->state == LEDGER_UNREAD)
		ledger->state = resting_state(ledger);
	note_user(ledger);
	end_exchange(sk, ledger, WL_LEDGER_SPAN_REQUEST, now_ns);
}

static __always_inline void ledger_send_begins(const struct sock *sk, __u64 now_ns)
{
	struct ledger *ledger = cfg.ledger ? ledger_of(sk) : NULL;

	if (cfg.ledger && !ledger)
		ledger = ledger_adopt(sk, now_ns);
	if (!ledger)
		return;
	ledger_accepted(sk, now_ns);
	if (ledger->state == LEDGER_OPEN || ledger->state == LEDGER_UNREAD)
		book_cpu_wait(ledger, now_ns);
	if (ledger->state == LEDGER_OPEN)
		book_until(sk, ledger, now_ns, WL_LEDGER_STAGE_APPLICATION);
	else if (ledger->state == LEDGER_UNREAD)
		book_all(sk, ledger, now_ns);
	else
		return;
	ledger->state = LEDGER_SENDING;
	note_user(ledger);
	begin_exchange(ledger, WL_LEDGER_SPAN_REQUEST, now_ns);
}

static __always_inline void ledger_send_ends(const struct sock *sk, __u64 now_ns, __u64 blocked_ns)
{
	struct ledger *ledger = cfg.ledger ? ledger_of(sk) : NULL;
	__u64 copied_ns;

	if (!ledger || ledger->state != LEDGER_SENDING)
		return;
	copied_ns = now_ns - ledger->since_ns;
	if ((__s64)copied_ns > 0) {
		take(&copied_ns, blocked_ns);
		book_until(sk, ledger, ledger->since_ns + copied_ns, WL_LEDGER_STAGE_SEND);
		book_until(sk, ledger, now_ns, WL_LEDGER_STAGE_SEND_BLOCKED);
	}
	ledger->state = resting_state(ledger);
	end_exchange(sk, ledger, WL_LEDGER_SPAN_REPLY, now_ns);
}

/* The peer has sent its FIN: the application is to notice. */
static __always_inline void ledger_peer_closed(const struct sock *sk, __u64 now_ns)
{
	struct ledger *ledger = cfg.ledger ? ledger_of(sk) : NULL;

	if (ledger && ledger->state == LEDGER_OPEN)
		book_until(sk, ledger, now_ns, WL_LEDGER_STAGE_WIRE);
}

/* This side sends its FIN. */
SUBPROGRAM void ledger_closing(const struct sock *sk, __u64 now_ns)
{
	struct ledger *ledger = cfg.ledger ? ledger_of(sk) : NULL;

	if (!ledger)
		return;
	if (is_owned_by_current(sk, UNTYPED) && (ledger->state == LEDGER_OPEN || ledger->state == LEDGER_UNREAD))
		book_cpu_wait(ledger, now_ns);
	if (ledger->state == LEDGER_OPEN)
		book_until(sk, ledger, now_ns, WL_LEDGER_STAGE_APPLICATION);
	else
		book_all(sk, ledger, now_ns);
	ledger->state = LEDGER_CLOSING;
}

SUBPROGRAM void ledger_closed(const struct sock *sk, __u64 now_ns)
{
	struct ledger *ledger = cfg.ledger ? ledger_of(sk) : NULL;

	if (!ledger)
		return;
	/* Reset while nothing was under way: nothing tells whose time it was. */
	if (ledger->state == LEDGER_OPEN)
		book_until(sk, ledger, now_ns, WL_LEDGER_STAGE_UNEXPLAINED);
	else
		book_all(sk, ledger, now_ns);
	if (cfg.connection_ledgers && !(ledger->flags & LEDGER_ADOPTED))
		emit_ledger(sk, ledger, WL_LEDGER_SPAN_CONNECTION, now_ns);
}

/* A retransmission timer that ran for `stall_ns` has run out. */
static __always_inline void ledger_timeout(const struct sock *sk, __u64 stall_ns)
{
	struct ledger *ledger = cfg.ledger ? ledger_of(sk) : NULL;

	if (!ledger)
		return;
	ledger->expired_ns += stall_ns;
	if (ledger->state == LEDGER_CONNECTING)
		ledger->sums.syn_retries++;
	else
		ledger->sums.timeouts++;
}

#endif
