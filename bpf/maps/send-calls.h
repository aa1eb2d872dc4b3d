/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_SEND_CALLS_H
#define WIRELAG_SEND_CALLS_H

#include "socket-state.h"

/*
 * Send calls that have not returned, of threads that find another in their socket already, or whose hook does not know
 * the socket's type. Key: thread id. Deleted when the call returns; least recently used ones go if threads died in it.
 */
struct send_calls_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct send_call);
};
struct send_calls_map send_calls SEC(".maps") __weak;

static __always_inline struct send_call *send_call_of_thread(__u32 tid)
{
	return bpf_map_lookup_elem(&send_calls, &tid);
}

static __always_inline struct send_call *begin_send_call_of_thread(__u32 tid, const struct sock *sk, __u64 now_ns)
{
	struct send_call call = { .entered_ns = now_ns, .socket = (__u64)sk, .tid = tid };

	bpf_map_update_elem(&send_calls, &tid, &call, BPF_ANY);
	return bpf_map_lookup_elem(&send_calls, &tid);
}

static __always_inline void end_send_call_of_thread(__u32 tid)
{
	bpf_map_delete_elem(&send_calls, &tid);
}

#endif
