/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_PACKET_CLOCK_H
#define WIRELAG_PACKET_CLOCK_H

#include "../lib/socket.h"

/* One entry: CLOCK_REALTIME minus CLOCK_MONOTONIC, kept right by user space. */
struct realtime_offset_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __s64);
};
struct realtime_offset_map realtime_offset SEC(".maps") __weak;

/* A longer wait in a queue is taken for a step of the wall clock. */
#define MAX_BACKLOG_NS 600000000000LL

/*
 * When a packet that bears `tstamp` came into the stack, by CLOCK_MONOTONIC. The kernel notes it on the packet as long as
 * any socket asks for timestamps, which user space does while it watches pickups; else it is `now_ns`.
 */
static __always_inline __u64 packet_arrival_ns(__s64 tstamp, __u64 now_ns)
{
	__u32 zero = 0;
	__s64 *offset_ns = bpf_map_lookup_elem(&realtime_offset, &zero);
	__s64 ago_ns;

	if (!offset_ns || !tstamp)
		return now_ns;
	ago_ns = (__s64)now_ns - (tstamp - *offset_ns);
	return ago_ns > 0 && ago_ns < MAX_BACKLOG_NS ? now_ns - ago_ns : now_ns;
}

/* When the last packet of a TCP receive queue came. */
static __always_inline __u64 arrival_ns(struct sock *sk, bool typed, __u64 now_ns)
{
	__s64 tstamp = typed ? sk->sk_receive_queue.prev->tstamp : BPF_CORE_READ(sk, sk_receive_queue.prev, tstamp);

	return packet_arrival_ns(tstamp, now_ns);
}

#endif
