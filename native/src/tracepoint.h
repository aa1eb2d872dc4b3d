// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fd.h"

/// Opens a perf event on the classic tracepoint "category/name", for a BPF program to be attached to.
///
/// On failure the result is not ok and `error` is an errno: ENOENT for a tracepoint that this kernel lacks.
Fd OpenTracepoint(const std::string& tracepoint, int* error);
