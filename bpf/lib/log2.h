/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_LOG2_H
#define WIRELAG_LOG2_H

#include <kernel.h>

/* Rounded down; 0 for 0. BPF has no instruction for it. */
static __always_inline __u32 log2_u32(__u32 value)
{
	__u32 result = 0, shift;

	shift = (value > 0xffff) << 4;
	value >>= shift;
	result |= shift;
	shift = (value > 0xff) << 3;
	value >>= shift;
	result |= shift;
	shift = (value > 0xf) << 2;
	value >>= shift;
	result |= shift;
	shift = (value > 0x3) << 1;
	value >>= shift;
	return result | shift | (value >> 1);
}

#endif
