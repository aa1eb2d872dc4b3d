/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_UNWANTED_CGROUPS_H
#define WIRELAG_UNWANTED_CGROUPS_H

#include "../lib/config.h"

/*
 * Cgroups whose tasks do not pass the filter, whatever the task. Filled and emptied by user space, which looks at the
 * tasks of all others itself: so nothing is missed of a container that has just begun.
 * Key: cgroup id. Value: nothing.
 */
struct unwanted_cgroups_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u8);
};
struct unwanted_cgroups_map unwanted_cgroups SEC(".maps") __weak;

static __always_inline bool is_unwanted_cgroup(__u64 cgroup_id)
{
	return cfg.by_cgroup && bpf_map_lookup_elem(&unwanted_cgroups, &cgroup_id);
}

#endif
