/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_EDGES_H
#define WIRELAG_EDGES_H

#include "../lib/histogram.h"
#include "../lib/socket.h"
#include "../lib/task.h"
#include "connections.h"
#include "socket-state.h"

/* The slots of edge_stats that are shared by those who found no other: one of TCP, one of UDP. */
#define OTHERS_TCP_SLOT 0
#define OTHERS_UDP_SLOT 1

/* Key: slot. Its size is set at load. */
struct edge_stats_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct wl_edge_stats);
};
struct edge_stats_map edge_stats SEC(".maps") __weak;

/* Key: edge. Value: its slot in edge_stats. Deleted by user space, when the process is gone. */
struct edges_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, struct wl_edge_key);
	__type(value, __u32);
};
struct edges_map edges SEC(".maps") __weak;

/* The slots that nobody has; filled by user space. Some are kept back for entries of whole processes. */
struct free_slots_map {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 2);
	__type(value, __u32);
};
struct free_slots_map free_slots SEC(".maps") __weak;
struct free_slots_map reserved_slots SEC(".maps") __weak;

static __always_inline __u32 others_slot(const struct wl_edge_key *key)
{
	return key->protocol == IPPROTO_UDP ? OTHERS_UDP_SLOT : OTHERS_TCP_SLOT;
}

/* `owner`: who uses the socket; NULL: the current task. */
static __always_inline __u32 slot_of_edge(struct wl_edge_key *key, const struct wl_task *owner)
{
	__u32 *found = bpf_map_lookup_elem(&edges, key);
	struct wl_edge_stats *stats;
	bool is_reserved = false;
	__u32 slot = 0;

	if (found)
		return *found;
	if (bpf_map_pop_elem(&free_slots, &slot)) {
		if (key->role) { /* no room for the edge: it counts as the process's */
			__builtin_memset(&key->peer_address, 0, sizeof(key->peer_address));
			key->netns = 0;
			key->port = 0;
			key->role = WL_EDGE_ROLE_ANY;
			found = bpf_map_lookup_elem(&edges, key);
			if (found)
				return *found;
		}
		if (bpf_map_pop_elem(&reserved_slots, &slot))
			return others_slot(key);
		is_reserved = true;
	}
	if (bpf_map_update_elem(&edges, key, &slot, BPF_NOEXIST)) { /* another thread was faster */
		if (is_reserved)
			bpf_map_push_elem(&reserved_slots, &slot, 0);
		else
			bpf_map_push_elem(&free_slots, &slot, 0);
		found = bpf_map_lookup_elem(&edges, key);
		return found ? *found : others_slot(key);
	}
	stats = bpf_map_lookup_elem(&edge_stats, &slot);
	if (!stats)
		return slot;
	if (owner) {
		__builtin_memcpy(stats->comm, owner->comm, sizeof(stats->comm));
		stats->cgroup_id = owner->cgroup_id;
	} else {
		bpf_get_current_comm(stats->comm, sizeof(stats->comm));
		stats->cgroup_id = cgroup_id_of((struct task_struct *)bpf_get_current_task());
	}
	return slot;
}

/*
 * Who of the two is the service: known of connections that wirelag saw begin, or whose listener it saw; else the lower
 * port is taken for the service's.
 */
static __always_inline __u8 role_of(const struct connection *connection, __u16 local_port, __u16 peer_port)
{
	if (connection && (connection->flags & WL_CONNECTION_FLAG_ACTIVE))
		return WL_EDGE_ROLE_CLIENT;
	if (connection && (connection->flags & WL_CONNECTION_FLAG_PASSIVE))
		return WL_EDGE_ROLE_SERVER;
	return peer_port && peer_port < local_port ? WL_EDGE_ROLE_CLIENT : WL_EDGE_ROLE_SERVER;
}

static __always_inline void read_edge(const struct sock *sk, bool typed, struct wl_edge_key *key)
{
	const struct connection *connection = key->protocol == IPPROTO_TCP ? connection_of(sk) : NULL;
	__u16 local_port = local_port_of(sk), peer_port = peer_port_of(sk, typed);

	key->role = role_of(connection, local_port, peer_port);
	key->port = key->role == WL_EDGE_ROLE_CLIENT ? peer_port : local_port;
	key->netns = netns_of(sk, typed);
	read_peer_address(sk, typed, &key->peer_address);
}

/* The statistics of a process's edge through this socket. */
static __always_inline struct wl_edge_stats *edge_stats_of(const struct sock *sk, bool typed, __u8 protocol,
							   const struct wl_task *owner)
{
	struct wl_edge_key key = {
		.process_start_ns = owner->process_start_ns,
		.pid = owner->pid,
		.protocol = protocol,
	};
	__u32 slot;

	if (cfg.by_edge)
		read_edge(sk, typed, &key);
	slot = slot_of_edge(&key, owner);
	return bpf_map_lookup_elem(&edge_stats, &slot);
}

/* The same of the current process, whose slot the socket remembers until another process uses it. */
static __always_inline struct wl_edge_stats *current_edge_stats(const struct sock *sk, bool typed, __u8 protocol,
								struct socket_state *state,
								const struct current_process *process)
{
	__u32 pid = process->pid_tgid >> 32, slot;

	if (state->user_pid != pid || state->user_start_ns != process->start_ns) {
		struct wl_edge_key key = {
			.process_start_ns = process->start_ns,
			.pid = pid,
			.protocol = protocol,
		};

		if (cfg.by_edge)
			read_edge(sk, typed, &key);
		state->edge_slot = slot_of_edge(&key, NULL);
		state->user_start_ns = process->start_ns;
		state->user_pid = pid;
	}
	slot = state->edge_slot;
	return bpf_map_lookup_elem(&edge_stats, &slot);
}

/*
 * The statistics of a connection's owner, for what happens to it in softirq; NULL where nobody is known to own it. A
 * function of its own, as its callers have much on their stack.
 */
SUBPROGRAM struct wl_edge_stats *owner_edge_stats(const struct sock *sk, bool typed,
						  const struct connection *connection)
{
	if (!cfg.aggregate || !connection || !connection->owner.source)
		return NULL;
	return edge_stats_of(sk, typed, IPPROTO_TCP, &connection->owner);
}

#endif
