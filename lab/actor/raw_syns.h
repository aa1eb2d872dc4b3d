// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>

/// Sends `count` SYNs to an IPv4 address, from sources of 198.18.0.0/15 (the network for tests of equipment) that are made
/// up, so that nobody answers the SYN-ACK. Returns how many were sent, or -1 with errno.
long SendRawSyns(const struct sockaddr_in& target, long count);
