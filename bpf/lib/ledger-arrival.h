/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_LEDGER_ARRIVAL_H
#define WIRELAG_LEDGER_ARRIVAL_H

#include "ledger.h"
#include "typed-cast.h"

/*
 * How long the task that used the socket last has wanted a CPU and had none, ever. False: it is no more, and another's
 * may be where it was.
 */
static __always_inline bool read_user_delay(const struct ledger *ledger, __u64 *delay_ns)
{
	const struct task_struct *user = (const struct task_struct *)ledger->user_task;
	const struct task_struct *typed;

	if (!user)
		return false;
	if (!cfg.has_rdonly_cast) {
		*delay_ns = cpu_delay_ns(user, UNTYPED);
		return (__u32)BPF_CORE_READ(user, pid) == ledger->user_tid;
	}
	typed = task_at(user);
	*delay_ns = cpu_delay_ns(typed, TYPED);
	return (__u32)typed->pid == ledger->user_tid;
}

/* Data is to be read. */
static __always_inline void ledger_queued(const struct sock *sk, const struct tcp_sock *tp, bool typed,
					  struct socket_state *state, __u64 now_ns)
{
	struct ledger *ledger = ledger_of(sk, typed, state);

	if (cfg.ledger && !ledger)
		ledger = ledger_adopt(sk, typed, now_ns);
	if (!ledger || (ledger->flags & LEDGER_HAS_UNREAD))
		return;
	note_if_accepted(sk, ledger);
	ledger->flags |= LEDGER_HAS_UNREAD;
	if (!read_user_delay(ledger, &ledger->user_delay_ns))
		ledger->user_task = 0;
	if (ledger->state != LEDGER_OPEN)
		return;
	book_wait_until(tp, typed, ledger, now_ns, WL_LEDGER_STAGE_WIRE);
	ledger->state = LEDGER_UNREAD;
	begin_exchange(ledger, WL_LEDGER_SPAN_REPLY, now_ns);
}

#endif
