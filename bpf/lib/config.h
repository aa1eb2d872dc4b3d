/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_CONFIG_H
#define WIRELAG_CONFIG_H

#include <kernel.h>
#include "../wire/wire.h"

/* Written by user space before load, then frozen: the verifier removes the branches that it makes dead. */
extern const volatile struct wl_config cfg;

static __always_inline __u64 since_epoch(__u64 now_ns)
{
	return now_ns - cfg.epoch_ns;
}

#endif
