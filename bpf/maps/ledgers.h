/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_LEDGERS_H
#define WIRELAG_LEDGERS_H

#include <kernel.h>
#include "../wire/wire.h"

/* What a connection is doing, as far as its socket shows. */
enum ledger_state {
	LEDGER_NONE, /* no ledger: it has not begun, or has ended */
	LEDGER_CONNECTING,
	LEDGER_ACCEPT_QUEUE, /* nobody has accepted it yet */
	LEDGER_OPEN,         /* nothing is under way here: the application, or the peer, is to act */
	LEDGER_SENDING,      /* in a send call */
	LEDGER_UNREAD,       /* data waits to be read */
	LEDGER_CLOSING,      /* this side has sent its FIN */
};

#define LEDGER_HAS_UNREAD 1 /* data waits, whatever else goes on */
#define LEDGER_ADOPTED 2    /* the connection was there before: only its requests and replies are told */

struct ledger {
	__u64 began_ns;
	__u64 since_ns;          /* all time before it has been booked */
	__u64 expired_ns;        /* retransmission timers that ran out after `since` */
	__u64 exchange_began_ns; /* 0: no request or reply is under way */
	__u64 user_task;         /* address of the task that used the socket last */
	__u64 user_delay_ns;     /* its wait for CPUs so far, when it, or data for it, was last noted */
	__u32 user_tid;
	__u32 state;             /* enum ledger_state */
	__u32 flags;             /* LEDGER_* */
	__u32 limited_jiffies;   /* receiver-limited time that has been booked */
	__u32 exchange_span;     /* enum wl_ledger_span */
	__u32 _pad;
	struct wl_ledger sums;
	struct wl_ledger exchange_base; /* the sums when the exchange began */
};

/*
 * Of programs that may not use sk_storage. Key: address of the struct sock. Deleted with its entry in connections.
 * Elsewhere it is a part of recorded_states.
 */
struct ledgers_hash_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct ledger);
};
struct ledgers_hash_map ledgers_hash SEC(".maps") __weak;

/* What a new entry is made from, being too large for the stack. */
static const struct ledger no_ledger;

static __always_inline struct ledger *ledger_in_hash(const struct sock *sk)
{
	__u64 key = (__u64)sk;

	return bpf_map_lookup_elem(&ledgers_hash, &key);
}

static __always_inline struct ledger *new_ledger_in_hash(const struct sock *sk)
{
	__u64 key = (__u64)sk;

	bpf_map_update_elem(&ledgers_hash, &key, &no_ledger, BPF_ANY);
	return bpf_map_lookup_elem(&ledgers_hash, &key);
}

#endif
