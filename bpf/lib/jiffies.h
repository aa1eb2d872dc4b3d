/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_JIFFIES_H
#define WIRELAG_JIFFIES_H

#include <kernel.h>

static __always_inline bool is_hz(__u32 hz, __u64 jiffies, __u64 now_ns)
{
	__u64 first_jiffies = (__u32)(-300 * (int)hz); /* INITIAL_JIFFIES: they wrap five minutes after boot */
	__s64 off_ns = (jiffies - first_jiffies) * (1000000000 / hz) - now_ns;

	return off_ns > -1000000000LL && off_ns < 1000000000LL;
}

/*
 * Length of a jiffy; 0 if it is none of the usual. The kernel does not say what its HZ is, and its configuration is
 * nowhere to be read on many hosts; but only for the right one do the jiffies since boot make the time since boot.
 */
static __always_inline __u64 jiffy_ns(void)
{
	__u64 jiffies = bpf_jiffies64(), now_ns = bpf_ktime_get_ns();

	return is_hz(250, jiffies, now_ns)	? 1000000000 / 250
	       : is_hz(1000, jiffies, now_ns) ? 1000000000 / 1000
	       : is_hz(100, jiffies, now_ns)	? 1000000000 / 100
	       : is_hz(300, jiffies, now_ns)	? 1000000000 / 300
						: 0;
}

#endif
