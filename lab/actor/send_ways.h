// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// Each sends `bytes` by another system call; returns how many were sent, or -1 with errno.
long SendByWrite(int descriptor, size_t bytes);
long SendByWritev(int descriptor, size_t bytes);
/// From a file in memory.
long SendByFile(int descriptor, size_t bytes);
/// From a pipe, which holds 64 KiB at most.
long SendBySplice(int descriptor, size_t bytes);
/// `count` datagrams of `bytes` in one call; returns how many were sent.
long SendManyAtOnce(int descriptor, int count, size_t bytes);
/// `count` calls of `bytes` each.
long SendAgain(int descriptor, int count, size_t bytes);
