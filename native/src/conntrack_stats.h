// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

/// `conntrackStats(netnsPath, inode)`: counters of connection tracking in the network namespace at the path, whose inode
/// must be that one (0: any); a promise of an array of numbers, each a sum over CPUs, at the index that is the counter's
/// attribute type (CTA_STATS_… of linux/netfilter/nfnetlink_conntrack.h), or 0; undefined where the kernel has no
/// connection tracking or does not tell.
///
/// Rejects with an errno Error: ENOENT, ESRCH, ENOTDIR or EINVAL where the namespace is gone, EPERM or EACCES where rights
/// are missing, ETIMEDOUT after a second of silence.
Napi::Value ConntrackStats(const Napi::CallbackInfo& info);
