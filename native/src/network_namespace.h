// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

/// Moves the calling thread into the network namespace at the path; the thread should end soon after, as it does not come
/// back. With an inode, only into the namespace that has it: /proc/PID/ns/net may be another's meanwhile (ESRCH). Returns 0
/// or an errno.
int EnterNetworkNamespace(const std::string& path, uint64_t inode = 0);
