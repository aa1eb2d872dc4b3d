/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_HISTORY_MAP_H
#define WIRELAG_HISTORY_MAP_H

#include <kernel.h>
#include "../wire/wire.h"

#define HISTORY_AWAITS_ACCEPT 1 /* a child of which nothing was told that it has been accepted */

/*
 * The last events of a socket. They are numbered from 0; number n stands in ring[n % WL_HISTORY_ITEMS]. All are written
 * with the socket's lock, but for the end of a send call, which fills in the item of its begin. An item is written before
 * `end` moves past it, so who reads without the lock (the end of a slow send) knows all but the one after the last to be
 * whole; a piece that is added to the last one at that very moment may not be told.
 */
struct history {
	__u32 end;
	__u32 told;  /* those before it have been told, and change no more */
	__u32 flags; /* HISTORY_* */
	__u32 _pad;
	struct wl_history_item ring[WL_HISTORY_ITEMS];
};

/*
 * Of programs that may not use sk_storage. Key: address of the struct sock. Deleted when the socket is destroyed; made
 * only for sockets that are used. Elsewhere it is a part of recorded_states.
 */
struct histories_hash_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct history);
};
struct histories_hash_map histories_hash SEC(".maps") __weak;

/* What a new entry is made from, being too large for the stack. */
static const struct history no_history;

static __always_inline struct history *history_in_hash(const struct sock *sk, bool create)
{
	__u64 key = (__u64)sk;
	struct history *found = bpf_map_lookup_elem(&histories_hash, &key);

	if (!found && create) {
		bpf_map_update_elem(&histories_hash, &key, &no_history, BPF_NOEXIST);
		found = bpf_map_lookup_elem(&histories_hash, &key);
	}
	return found;
}

#endif
