// SPDX-License-Identifier: GPL-2.0-only
/* The same histogram counted in three ways, to be run on one processor and on several at once: see histogram-cost.ts. */
#include "../../bpf/lib/histogram.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wl_histogram);
} shared SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wl_histogram);
} per_cpu SEC(".maps");

/* Durations that differ, as real ones do; no clock and no random numbers, which cost more than what is measured. */
static __always_inline __u64 some_duration_ns(const struct wl_histogram *histogram)
{
	return 4096 + (histogram->sum_ns & 0xfff) * 64;
}

SEC("xdp")
int count_nothing(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct wl_histogram *histogram = bpf_map_lookup_elem(&shared, &zero);

	return histogram && some_duration_ns(histogram) ? 2 : 1;
}

SEC("xdp")
int count_shared(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct wl_histogram *histogram = bpf_map_lookup_elem(&shared, &zero);

	if (histogram)
		histogram_add(histogram, some_duration_ns(histogram));
	return 2;
}

/* Atomic all the same: a softirq may interrupt a program on its own processor. */
SEC("xdp")
int count_per_cpu(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct wl_histogram *histogram = bpf_map_lookup_elem(&per_cpu, &zero);

	if (histogram)
		histogram_add(histogram, some_duration_ns(histogram));
	return 2;
}

char LICENSE[] SEC("license") = "GPL";
