/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_BOOKS_H
#define WIRELAG_BOOKS_H

#include <kernel.h>
#include "../wire/wire.h"

/* Key: enum wl_signal. Value: struct wl_book, a part per CPU. Nothing is deleted. */
struct books_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct wl_book);
};
struct books_map books SEC(".maps") __weak;

static __always_inline struct wl_book *book_of(__u32 signal)
{
	return bpf_map_lookup_elem(&books, &signal);
}

/*
 * Adds one to a line of a signal's book. Atomic although the book is this CPU's own: a softirq may interrupt a program
 * between its load and its store.
 */
#define COUNT(signal, line)                                    \
	({                                                     \
		struct wl_book *book_ = book_of(signal);       \
		if (book_)                                     \
			__sync_fetch_and_add(&book_->line, 1); \
	})

#endif
