/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_SOCKET_STATE_H
#define WIRELAG_SOCKET_STATE_H

#include "../lib/config.h"
#include "../lib/socket.h"
#include "../lib/task.h"
#include "history.h"
#include "ledgers.h"

/* A send call that has not returned. */
struct send_call {
	__u64 entered_ns;
	__u64 piece_ns;      /* the last piece was begun */
	__u64 full_since_ns; /* the send buffer was found full; 0: it is not */
	__u64 blocked_ns;    /* waited for send-buffer space so far */
	__u64 socket;        /* address of the struct sock */
	__u32 tid;           /* 0: nobody is in a send call */
	__u32 zero_window;   /* it waited while the peer's window was closed */
	__u32 is_crowded;    /* of the socket: there have been calls in send_calls */
	__u32 history_item;  /* the number of its item in the socket's history */
};

/*
 * What is kept of each socket that is used.
 *
 * Of the receive queue: marks of (sequence number, time), each for the bytes from its own number up to the next mark's.
 * Set when data is queued, retired as copied_seq passes them; of TCP only under the socket's lock, by the softirq that
 * queues or by the task that reads. The mark of the oldest byte stands here; the others exist only while more data
 * arrives before the reader came, in a second map, so that a socket of the usual kind costs 128 bytes and not 2 KiB.
 */
struct socket_state {
	__u64 oldest_ns;         /* of UDP: 0 while nothing is unread */
	__u64 newest_ns;         /* time of the last mark */
	__u64 last_read_ns;
	__u64 reader;            /* pid_tgid of who read last */
	__u64 user_start_ns;     /* the process whose edge it is that the slot is of */
	__u32 user_pid;
	__u32 edge_slot;         /* in edge_stats */
	__u32 read_seq;          /* copied_seq when last looked at: what is before it has been read */
	__u32 end_seq;           /* rcv_nxt when last looked at: what is from here on has no mark yet */
	__u32 later_marks;       /* how many marks of unread_marks are in use */
	__u32 flags;             /* UNREAD_* */
	struct send_call send;   /* of the thread that is in a send call; where there are more, send_calls has the others */
};

#define UNREAD_KNOWN 1    /* read_seq and end_seq are set */
#define UNREAD_AT_LEAST 2 /* the oldest mark is of data that came before wirelag */

/* Key: socket. Freed by the kernel with the socket. */
struct socket_states_map {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct socket_state);
};
struct socket_states_map socket_states SEC(".maps") __weak;

/* All in one, where ledgers or histories are kept: one look-up finds them. */
struct recorded_state {
	struct socket_state state;
	struct ledger ledger;
	struct history history;
};

/* Key: socket. Freed by the kernel with the socket. Instead of socket_states, where ledgers or histories are kept. */
struct recorded_states_map {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct recorded_state);
};
struct recorded_states_map recorded_states SEC(".maps") __weak;

/*
 * The same by the socket's address, for programs that may not use sk_storage: all before 5.11, kprobes ever. Deleted when
 * the socket is destroyed; created only where it is used.
 */
struct socket_states_hash_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct socket_state);
};
struct socket_states_hash_map socket_states_hash SEC(".maps") __weak;

/* The entry of a socket; a new one is all zero. NULL where there is none, and none is to be made or none can be. */
static __always_inline struct socket_state *socket_state_of(const struct sock *sk, bool typed, bool create)
{
	struct socket_state *found;
	__u64 key = (__u64)sk;

	if (typed && !cfg.state_in_hash) {
		if (cfg.history || cfg.ledger)
			return bpf_sk_storage_get(&recorded_states, (struct sock *)sk, 0,
						  create ? BPF_SK_STORAGE_GET_F_CREATE : 0);
		return bpf_sk_storage_get(&socket_states, (struct sock *)sk, 0, create ? BPF_SK_STORAGE_GET_F_CREATE : 0);
	}
	found = bpf_map_lookup_elem(&socket_states_hash, &key);
	if (!found && create) {
		struct socket_state empty = {};

		bpf_map_update_elem(&socket_states_hash, &key, &empty, BPF_NOEXIST);
		found = bpf_map_lookup_elem(&socket_states_hash, &key);
	}
	return found;
}

#define LATER_MARKS 128

struct unread_mark {
	__u64 queued_ns;
	__u32 seq;
	__u32 _pad;
};

/* A queue in a ring: the first of `unread.later_marks` marks is at `first`. */
struct unread_marks {
	__u32 first;
	__u32 _pad;
	struct unread_mark ring[LATER_MARKS];
};

/* Key: socket. Freed by the kernel with the socket. */
struct unread_marks_map {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct unread_marks);
};
struct unread_marks_map unread_marks SEC(".maps") __weak;

/* The same by address, as socket_states_hash. */
struct unread_marks_hash_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct unread_marks);
};
struct unread_marks_hash_map unread_marks_hash SEC(".maps") __weak;

/* What a new entry of unread_marks_hash is made from, being too large for the stack. */
static const struct unread_marks no_marks;

static __always_inline struct unread_marks *unread_marks_of(const struct sock *sk, bool typed, bool create)
{
	struct unread_marks *found;
	__u64 key = (__u64)sk;

	if (typed && !cfg.state_in_hash)
		return bpf_sk_storage_get(&unread_marks, (struct sock *)sk, 0, create ? BPF_SK_STORAGE_GET_F_CREATE : 0);
	found = bpf_map_lookup_elem(&unread_marks_hash, &key);
	if (!found && create) {
		bpf_map_update_elem(&unread_marks_hash, &key, &no_marks, BPF_NOEXIST);
		found = bpf_map_lookup_elem(&unread_marks_hash, &key);
	}
	return found;
}

/* Of sk_storage the kernel itself takes care. */
static __always_inline void socket_state_forget(const struct sock *sk)
{
	__u64 key = (__u64)sk;

	bpf_map_delete_elem(&socket_states_hash, &key);
	bpf_map_delete_elem(&unread_marks_hash, &key);
	if (cfg.history)
		bpf_map_delete_elem(&histories_hash, &key);
}

#endif
