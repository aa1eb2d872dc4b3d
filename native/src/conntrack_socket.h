// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/netfilter/nfnetlink.h>

#include <cstdint>

#include "fd.h"

/// Type of a message of connection tracking's part of netlink (IPCTNL_MSG_CT_GET).
constexpr uint16_t ConntrackMessageType(int type) {
  return static_cast<uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | type);
}

/// With the module not loaded nothing is translated, and asking would have the kernel load it.
bool IsConntrackLoaded();

/// The kernel has no connection tracking, or none for such flows.
bool IsConntrackUnsupported(int error);

/// Opens a netlink socket to the connection tracking of this thread's network namespace. Its answers come inside the call
/// that asks, so recv() fails with EAGAIN after a second of silence. Returns 0 or an errno.
int OpenConntrackSocket(Fd* socket);
