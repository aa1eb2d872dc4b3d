/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_PICKUP_HISTOGRAMS_H
#define WIRELAG_PICKUP_HISTOGRAMS_H

#include "../lib/histogram.h"
#include "../lib/task.h"

#define PICKUP_PROCESSES 1024

/* Key: slot. Slot 0 is shared by the processes that found no other. */
struct pickup_histograms_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 + PICKUP_PROCESSES);
	__type(key, __u32);
	__type(value, struct wl_histogram);
};
struct pickup_histograms_map pickup_histograms SEC(".maps") __weak;

/* Key: process. Value: its slot in pickup_histograms. Deleted by user space. */
struct process_slots_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PICKUP_PROCESSES);
	__type(key, struct wl_process_key);
	__type(value, __u32);
};
struct process_slots_map process_slots SEC(".maps") __weak;

/* The slots that no process has; filled by user space. */
struct free_slots_map {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, PICKUP_PROCESSES);
	__type(value, __u32);
};
struct free_slots_map free_slots SEC(".maps") __weak;

/* The slot of the current process, which gets one if it has none; 0 if there is none left. */
static __always_inline __u32 slot_of_current(const struct current_process *process)
{
	struct wl_process_key key = {
		.process_start_ns = process->start_ns,
		.pid = process->pid_tgid >> 32,
	};
	__u32 *found = bpf_map_lookup_elem(&process_slots, &key);
	struct wl_histogram *histogram;
	__u32 slot = 0;

	if (found)
		return *found;
	if (bpf_map_pop_elem(&free_slots, &slot))
		return 0;
	if (bpf_map_update_elem(&process_slots, &key, &slot, BPF_NOEXIST)) { /* another thread was faster */
		bpf_map_push_elem(&free_slots, &slot, 0);
		found = bpf_map_lookup_elem(&process_slots, &key);
		return found ? *found : 0;
	}
	histogram = bpf_map_lookup_elem(&pickup_histograms, &slot);
	if (histogram)
		bpf_get_current_comm(histogram->comm, sizeof(histogram->comm));
	return slot;
}

#endif
