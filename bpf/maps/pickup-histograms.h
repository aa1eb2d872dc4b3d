/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_PICKUP_HISTOGRAMS_H
#define WIRELAG_PICKUP_HISTOGRAMS_H

#include "../lib/histogram.h"

/* Key: process. Processes beyond the map's size share the entry of pid 0. Read and dropped by user space at the end. */
struct pickup_histograms_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct wl_process_key);
	__type(value, struct wl_histogram);
};
struct pickup_histograms_map pickup_histograms SEC(".maps") __weak;

static const struct wl_histogram empty_histogram;

static __always_inline struct wl_histogram *histogram_of(const struct wl_process_key *key)
{
	static const struct wl_process_key others;
	struct wl_histogram *histogram = bpf_map_lookup_elem(&pickup_histograms, key);

	if (histogram)
		return histogram;
	bpf_map_update_elem(&pickup_histograms, key, &empty_histogram, BPF_NOEXIST);
	histogram = bpf_map_lookup_elem(&pickup_histograms, key);
	if (histogram) {
		bpf_get_current_comm(histogram->comm, sizeof(histogram->comm));
		return histogram;
	}
	return bpf_map_lookup_elem(&pickup_histograms, &others);
}

#endif
