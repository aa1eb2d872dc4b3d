/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_SAMPLE_H
#define WIRELAG_SAMPLE_H

#include "../maps/edges.h"
#include "../maps/events.h"
#include "../maps/selected.h"
#include "filter.h"

/* A pickup or a send, measured. */
struct sample {
	__u32 kind;    /* WL_EVENT_KIND_PICKUP or _SEND */
	__u32 signal;  /* whose book it is in */
	__u32 flags;   /* enum wl_sample_flag */
	__u32 stage;   /* enum wl_stage */
	bool rows;     /* samples over `over_ns` cross the ring */
	__u8 protocol;
	__u16 _pad;
	__u32 _pad2;
	__u64 over_ns;
	__u64 latency_ns;
	__u64 blocked_ns;
	__s64 result;
};

/*
 * What a row takes is on the stack of these two only. Kernels before 6.13 bear 512 bytes in all of a program and what it calls, and
 * those that take samples call much else.
 */

SUBPROGRAM bool is_wanted(const struct sock *sk, bool typed)
{
	struct wl_tuple tuple = {};
	struct wl_task task = {};

	if (has_tuple_filter())
		read_tuple(sk, typed, &tuple);
	if (has_task_filter())
		read_current_task(&task, WL_OWNER_SOURCE_SYSCALL);
	return passes_tuple_filter(&tuple) && passes_task_filter(&task, is_selected(task.pid));
}

/* `signal`: the sample's. */
SUBPROGRAM void submit_row(const struct sock *sk, bool typed, const struct sample *sample, __u64 now_ns, __u32 signal)
{
	struct wl_sample_event event = {
		.kind = sample->kind,
		.flags = sample->flags,
		.time_ns = since_epoch(now_ns),
		.connection_id = connection_id(sk, typed),
		.latency_ns = sample->latency_ns,
		.blocked_ns = sample->blocked_ns,
		.bytes = sample->result > 0 ? sample->result : 0,
		.error = sample->result < 0 ? -sample->result : 0,
	};

	read_tuple(sk, typed, &event.tuple);
	read_current_task(&event.task, WL_OWNER_SOURCE_SYSCALL);
	submit(signal, &event, sizeof(event));
}

/*
 * Filters, counts and sends one sample of the current task. Returns the statistics that it was counted in, for more to
 * be counted there; NULL where it was filtered, or nothing is counted.
 */
static __always_inline struct wl_edge_stats *take_sample(const struct sock *sk, bool typed, const struct sample *sample,
							 struct socket_state *state,
							 const struct current_process *process, __u64 now_ns)
{
	struct wl_edge_stats *stats = NULL;

	if ((__s64)sample->latency_ns < 0) {
		COUNT(sample->signal, invalid);
		return NULL;
	}
	if ((has_tuple_filter() || has_task_filter()) && !is_wanted(sk, typed)) {
		COUNT(sample->signal, filtered);
		return NULL;
	}
	if (cfg.aggregate) {
		stats = current_edge_stats(sk, typed, sample->protocol, state, process);
		if (stats)
			histogram_add(&stats->stages[sample->stage], sample->latency_ns);
	}
	if (sample->rows && sample->latency_ns > sample->over_ns)
		submit_row(sk, typed, sample, now_ns, sample->signal);
	else if (sample->rows && !cfg.aggregate)
		/* What is in a histogram need not be counted again: user space knows how many there are without a row. */
		COUNT(sample->signal, filtered);
	return stats;
}

#endif
