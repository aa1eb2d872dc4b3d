// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "sockets.h"

/// Loads that would be too slow to ask for one by one. Each returns how many were done, or -1 with errno set.

/// Connects and closes `count` times, one after the other; with a reset, so that no TIME_WAIT keeps the port. A refused
/// connect counts too.
long ConnectMany(const Address& address, long count);

/// Accepts `count` connections and, for each, waits for its end and closes it.
long AcceptMany(int listener, long count);

/// Sends one byte each way `count` times between two ends that this process holds: 2 × count pickups.
long PingPong(int a, int b, long count);

/// Accepts all connections that wait, and of each reads a request of `bytes`, answers as many, and closes it.
long ServePending(int listener, size_t bytes);
