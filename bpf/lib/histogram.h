/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_HISTOGRAM_H
#define WIRELAG_HISTOGRAM_H

#include <kernel.h>
#include "../wire/wire.h"
#include "log2.h"

/* The bucket of src/histogram: 0 under 2^10 ns, then 8 an octave, the last from 2^37 ns. */
static __always_inline __u32 histogram_bucket(__u64 ns)
{
	__u32 octave;

	if (ns < (1ULL << 10))
		return 0;
	if (ns >= (1ULL << 37))
		return WL_HISTOGRAM_BUCKETS - 1;
	octave = log2_u32(ns >> 10);
	return 1 + (octave << 3) + ((ns >> (octave + 7)) & 7);
}

static __always_inline void histogram_add(struct wl_histogram *histogram, __u64 ns)
{
	__u64 bucket = histogram_bucket(ns);
	__u32 slot = bpf_get_smp_processor_id() & (WL_HISTOGRAM_MAX_SLOTS - 1);

	barrier_var(bucket); /* or the verifiers before 6.2 check one copy of it, and see another used */
	if (bucket < WL_HISTOGRAM_BUCKETS)
		__sync_fetch_and_add(&histogram->counts[bucket], 1);
	__sync_fetch_and_add(&histogram->sum_ns, ns);
	if (ns > histogram->max_ns[slot])
		histogram->max_ns[slot] = ns;
}

#endif
