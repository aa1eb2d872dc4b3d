// SPDX-License-Identifier: Apache-2.0
#pragma once

/// recv() into memory whose first touch takes `delay_ms`: the kernel waits for it while it holds the socket's lock, so
/// that what arrives meanwhile goes to the socket's backlog. Returns what recv() returns.
long SlowReceive(int descriptor, unsigned long bytes, int delay_ms);
