/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_SELECTED_H
#define WIRELAG_SELECTED_H

#include "../lib/config.h"

/*
 * The processes of the traced command (`wirelag -- COMMAND`). Key: pid. Value: start of the process (start_boottime),
 * 0 for the command itself, which user space adds. Its children are added at fork; each is deleted when it is freed.
 */
struct selected_processes_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, __u64);
};
struct selected_processes_map selected_processes SEC(".maps") __weak;

static __always_inline bool is_selected(__u32 pid)
{
	return cfg.selected_only && bpf_map_lookup_elem(&selected_processes, &pid);
}

#endif
