/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_CONNECTIONS_H
#define WIRELAG_CONNECTIONS_H

#include <kernel.h>
#include "../wire/wire.h"

/* The life of one TCP connection so far. Times are CLOCK_MONOTONIC. */
struct connection {
	__u64 id;
	__u64 opened_ns;      /* SYN sent; 0: before wirelag, or opened by the peer */
	__u64 established_ns; /* 0: not yet, or before wirelag */
	__u64 handshake_ns;
	__u64 accepted_ns;    /* accept() returned it; 0: not yet, or not by accept() */
	__u64 user_task;      /* where ledgers are kept: address of the task that accepted it */
	__u64 user_delay_ns;  /* ... and for how long that task had waited for CPUs by then */
	struct wl_task owner;
	__u32 flags; /* enum wl_connection_flag */
	__u32 _pad;
};

/*
 * Key: address of the struct sock. Deleted when the socket reaches CLOSE or is destroyed.
 *
 * A hash and no sk_storage: the accept() tracepoint is a classic one, whose programs reach a socket only as an untyped
 * address, and sk_storage wants a typed one. These are the rare events; the hot per-packet state is in unread.h.
 */
struct connections_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct connection);
};
struct connections_map connections SEC(".maps") __weak;

static __always_inline struct connection *connection_of(const struct sock *sk)
{
	__u64 key = (__u64)sk;

	return bpf_map_lookup_elem(&connections, &key);
}

/* Starts the connection's entry anew, whatever an earlier socket at this address may have left. */
static __always_inline void connection_begin(const struct sock *sk, const struct connection *connection)
{
	__u64 key = (__u64)sk;

	bpf_map_update_elem(&connections, &key, connection, BPF_ANY);
}

static __always_inline void connection_end(const struct sock *sk)
{
	__u64 key = (__u64)sk;

	bpf_map_delete_elem(&connections, &key);
}

#endif
