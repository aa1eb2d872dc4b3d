/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_OPEN_EVENT_H
#define WIRELAG_OPEN_EVENT_H

#include "../maps/connections.h"
#include "../maps/events.h"
#include "filter.h"
#include "task.h"

/*
 * Books and sends one PENDING, CONNECT, FAIL or ACCEPT whose kind, tuple, owner and durations are filled in.
 * `slow`: false drops it where only slow ones are asked for. Returns whether it passes the filters, slow or not.
 */
static __always_inline bool emit_open(struct wl_open_event *event, __u32 signal, __u64 now_ns, bool selected, bool slow)
{
	bool passes = passes_tuple_filter(&event->tuple) && passes_task_filter(&event->owner, selected);

	if (cfg.state_rows)
		return passes;
	if (!slow || !passes) {
		COUNT(signal, filtered);
		return passes;
	}
	event->time_ns = since_epoch(now_ns);
	submit(signal, event, sizeof(*event));
	return true;
}

/* True where the duration passed the threshold, or none is set. An unknown duration passes no threshold. */
static __always_inline bool is_slow(__u64 duration_ns)
{
	return !cfg.slow_ns || (duration_ns != WL_UNKNOWN_NS && duration_ns > cfg.slow_ns);
}

#endif
