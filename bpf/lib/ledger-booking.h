/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_LEDGER_BOOKING_H
#define WIRELAG_LEDGER_BOOKING_H

#include "../maps/ledgers.h"
#include "cpu-wait.h"
#include "jiffies.h"

/* How time is booked in a ledger: as which stage, and what of it was another's. */

/* The time in which the peer's window was the limit so far, in jiffies: tcp_chrono_stop() adds up when it ends. */
static __always_inline __u32 receiver_limited_jiffies(const struct tcp_sock *tp, bool typed)
{
	__u32 jiffies = FIELD(typed, tp, chrono_stat[TCP_CHRONO_RWND_LIMITED - 1]);
	__u8 type = typed ? BPF_CORE_READ_BITFIELD(tp, chrono_type) : BPF_CORE_READ_BITFIELD_PROBED(tp, chrono_type);

	if (type == TCP_CHRONO_RWND_LIMITED)
		jiffies += (__u32)bpf_jiffies64() - FIELD(typed, tp, chrono_start);
	return jiffies;
}

static __always_inline __u64 take(__u64 *rest_ns, __u64 wanted_ns)
{
	__u64 taken_ns = wanted_ns < *rest_ns ? wanted_ns : *rest_ns;

	*rest_ns -= taken_ns;
	return taken_ns;
}

/* Books the time up to `now` as `stage`; what the timers of SYNs had of it goes to theirs. */
static __always_inline void book_until(struct ledger *ledger, __u64 now_ns, __u32 stage)
{
	__u64 rest_ns = now_ns - ledger->since_ns;

	if ((__s64)rest_ns <= 0)
		return;
	ledger->since_ns = now_ns;
	if (stage == WL_LEDGER_STAGE_CONNECT) {
		ledger->sums.stages[WL_LEDGER_STAGE_SYN_RETRY] += take(&rest_ns, ledger->expired_ns);
		ledger->expired_ns = 0;
	}
	ledger->sums.stages[stage] += rest_ns;
}

/* The same of a wait for the peer: what timers and its window had of it goes to theirs. */
static __always_inline void book_wait_until(const struct tcp_sock *tp, bool typed, struct ledger *ledger, __u64 now_ns,
					    __u32 stage)
{
	__u64 rest_ns = now_ns - ledger->since_ns;
	__u32 limited;

	if ((__s64)rest_ns <= 0)
		return;
	ledger->since_ns = now_ns;
	limited = receiver_limited_jiffies(tp, typed);
	ledger->sums.stages[WL_LEDGER_STAGE_RTO] += take(&rest_ns, ledger->expired_ns);
	ledger->expired_ns = 0;
	if (limited != ledger->limited_jiffies)
		ledger->sums.stages[WL_LEDGER_STAGE_RECEIVER_LIMITED] +=
			take(&rest_ns, (limited - ledger->limited_jiffies) * jiffy_ns());
	ledger->limited_jiffies = limited;
	ledger->sums.stages[stage] += rest_ns;
}

static __always_inline void book_all(struct ledger *ledger, __u64 now_ns)
{
	switch (ledger->state) {
	case LEDGER_CONNECTING:
		return book_until(ledger, now_ns, WL_LEDGER_STAGE_CONNECT);
	case LEDGER_ACCEPT_QUEUE:
		return book_until(ledger, now_ns, WL_LEDGER_STAGE_ACCEPT_QUEUE);
	case LEDGER_UNREAD:
		return book_until(ledger, now_ns, WL_LEDGER_STAGE_RECEIVE_QUEUE);
	case LEDGER_SENDING:
		return book_until(ledger, now_ns, WL_LEDGER_STAGE_SEND);
	case LEDGER_CLOSING:
		return book_until(ledger, now_ns, WL_LEDGER_STAGE_CLOSING);
	}
}

/* The current task acts on the socket. `delay_ns`: its wait for CPUs so far. */
static __always_inline void note_user(struct ledger *ledger, __u64 delay_ns)
{
	ledger->user_task = bpf_get_current_task();
	ledger->user_tid = current_tid();
	ledger->user_delay_ns = delay_ns;
}

/* Books what the current task wanted a CPU for and had none, since it, or data for it, was last noted. */
static __always_inline void book_cpu_wait(struct ledger *ledger, __u64 now_ns, __u64 delay_ns)
{
	__u64 rest_ns = now_ns - ledger->since_ns;

	if ((__s64)rest_ns <= 0 || ledger->user_task != bpf_get_current_task())
		return;
	delay_ns = take(&rest_ns, delay_ns - ledger->user_delay_ns);
	ledger->sums.stages[WL_LEDGER_STAGE_CPU_WAIT] += delay_ns;
	ledger->since_ns += delay_ns;
}

#endif
