/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_FILTER_H
#define WIRELAG_FILTER_H

#include "../maps/unwanted-cgroups.h"
#include "config.h"
#include "socket.h"

/*
 * Each set is constant at load: a set that was not asked for leaves no instruction behind, and each loop runs to a
 * count that the verifier knows.
 */
#define FILTER_SET(set, is_match)                               \
	({                                                      \
		bool hit_ = !(set).included;                    \
		for (__u32 i = 0; i < (set).included && !hit_; i++) \
			hit_ = is_match;                        \
		for (__u32 i = (set).included; i < (set).included + (set).excluded && hit_; i++) \
			hit_ = !(is_match);                     \
		hit_;                                           \
	})

static __always_inline bool in_range(const volatile struct wl_range *range, __u32 value)
{
	return value >= range->low && value <= range->high;
}

static __always_inline bool in_network(const volatile struct wl_network *network, const struct wl_address *address)
{
	for (int i = 0; i < 4; i++)
		if ((address->words[i] & network->mask.words[i]) != network->address.words[i])
			return false;
	return true;
}

static __always_inline bool matches_comm(const volatile struct wl_comm_pattern *pattern, const char comm[WL_COMM_BYTES])
{
	const __u32 *words = (const __u32 *)comm;

	for (int i = 0; i < 4; i++)
		if ((words[i] & pattern->mask[i]) != pattern->text[i])
			return false;
	return true;
}

static __always_inline bool passes_tuple_filter(const struct wl_tuple *tuple)
{
	if (cfg.ip_version && (cfg.ip_version == 4) != is_ipv4_mapped(&tuple->peer_address))
		return false;
	return FILTER_SET(cfg.netns, in_range(&cfg.netns.ranges[i], tuple->netns)) &&
	       FILTER_SET(cfg.local_ports, in_range(&cfg.local_ports.ranges[i], tuple->local_port)) &&
	       FILTER_SET(cfg.peer_ports, in_range(&cfg.peer_ports.ranges[i], tuple->peer_port)) &&
	       FILTER_SET(cfg.ports, in_range(&cfg.ports.ranges[i], tuple->local_port) ||
					     in_range(&cfg.ports.ranges[i], tuple->peer_port)) &&
	       FILTER_SET(cfg.hosts, in_network(&cfg.hosts.networks[i], &tuple->local_address) ||
					     in_network(&cfg.hosts.networks[i], &tuple->peer_address)) &&
	       FILTER_SET(cfg.peers, in_network(&cfg.peers.networks[i], &tuple->peer_address));
}

/* `selected`: the task belongs, or belonged when it opened the socket, to the traced command. */
static __always_inline bool passes_task_filter(const struct wl_task *task, bool selected)
{
	if ((cfg.selected_only && !selected) || is_unwanted_cgroup(task->cgroup_id))
		return false;
	return FILTER_SET(cfg.pids, in_range(&cfg.pids.ranges[i], task->pid)) &&
	       FILTER_SET(cfg.tids, in_range(&cfg.tids.ranges[i], task->tid)) &&
	       FILTER_SET(cfg.uids, in_range(&cfg.uids.ranges[i], task->uid)) &&
	       FILTER_SET(cfg.comms, matches_comm(&cfg.comms.patterns[i], task->comm));
}

#define HAS_SET(set) ((set).included || (set).excluded)

static __always_inline bool has_tuple_filter(void)
{
	return cfg.ip_version || HAS_SET(cfg.netns) || HAS_SET(cfg.local_ports) || HAS_SET(cfg.peer_ports) ||
	       HAS_SET(cfg.ports) || HAS_SET(cfg.hosts) || HAS_SET(cfg.peers);
}

static __always_inline bool has_task_filter(void)
{
	return cfg.selected_only || cfg.by_cgroup || HAS_SET(cfg.pids) || HAS_SET(cfg.tids) || HAS_SET(cfg.uids) || HAS_SET(cfg.comms);
}

#endif
