/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_CONNECT_CALLS_H
#define WIRELAG_CONNECT_CALLS_H

#include <kernel.h>

/* A connect() that has not returned yet. */
struct connect_call {
	__u64 address;           /* the sockaddr */
	__u64 entered_ns;
	struct socket *socket;   /* NULL: known by its descriptor only */
	__u32 fd;
	bool address_is_user;    /* the sockaddr is the caller's own, else the kernel's copy */
	bool syn_sent;           /* the socket reached SYN_SENT: its end is a state change, not this call's result */
	bool closed;             /* ... and went back to CLOSE inside the call without an error of its own (no free port) */
	__u8 _pad;
};

/* Key: thread id. Deleted when the call returns; least recently used ones go if threads died in between. */
struct connect_calls_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct connect_call);
};
struct connect_calls_map connect_calls SEC(".maps") __weak;

static __always_inline struct connect_call *current_connect_call(void)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&connect_calls, &tid);
}

static __always_inline void connect_call_begin(const struct connect_call *call)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	bpf_map_update_elem(&connect_calls, &tid, call, BPF_ANY);
}

static __always_inline void connect_call_end(void)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&connect_calls, &tid);
}

#endif
