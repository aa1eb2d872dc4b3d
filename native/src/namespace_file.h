// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

/// `readInNamespace(netnsPath, inode, files)`: texts of files as a thread inside the network namespace at the path sees
/// them, whose inode must be that one (0: any); a promise of an array with a string for each, in their order, or
/// undefined for one that cannot be read or is over 1 MiB. What follows the reader's namespace: /proc/sys/net and
/// /proc/thread-self/net. Nothing is mounted.
///
/// Rejects with an errno Error: ENOENT, ESRCH, ENOTDIR or EINVAL where the namespace is gone, EPERM or EACCES where rights
/// are missing.
Napi::Value ReadInNamespace(const Napi::CallbackInfo& info);
