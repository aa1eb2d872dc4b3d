/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_LISTENING_H
#define WIRELAG_LISTENING_H

#include <kernel.h>

struct listening_key {
	__u32 netns;
	__u32 port;
};

/* Ports that were listened on at start, to tell which end of an existing connection is the service. Nothing is deleted. */
struct listening_ports_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct listening_key);
	__type(value, __u8);
};
struct listening_ports_map listening_ports SEC(".maps") __weak;

static __always_inline struct listening_key listening_key_of(const struct sock_common *skc)
{
	return (struct listening_key){ .netns = skc->skc_net.net->ns.inum, .port = skc->skc_num };
}

static __always_inline void note_listening_port(const struct sock_common *skc)
{
	struct listening_key key = listening_key_of(skc);
	__u8 one = 1;

	bpf_map_update_elem(&listening_ports, &key, &one, BPF_ANY);
}

static __always_inline bool is_listening_port(const struct sock_common *skc)
{
	struct listening_key key = listening_key_of(skc);

	return bpf_map_lookup_elem(&listening_ports, &key);
}

#endif
