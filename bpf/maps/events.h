/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_EVENTS_H
#define WIRELAG_EVENTS_H

#include "books.h"

/* The ring to user space; each record starts with its enum wl_event_kind. Its size is set at load. */
struct events_map {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
};
struct events_map events SEC(".maps") __weak;

/*
 * Puts a whole record on the ring and books it. No wake-up flag: the kernel then wakes the reader for the first record
 * after it caught up and for no other, and the reader, once woken, paces itself.
 */
static __always_inline void submit(__u32 signal, void *record, __u64 size_bytes)
{
	if (bpf_ringbuf_output(&events, record, size_bytes, 0))
		COUNT(signal, lost);
	else
		COUNT(signal, submitted);
}

#endif
