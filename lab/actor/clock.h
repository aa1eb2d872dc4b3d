// SPDX-License-Identifier: Apache-2.0
#pragma once

/// CLOCK_MONOTONIC.
long long NowNs();

/// How long this thread has wanted a CPU and had none, ever; 0 where the kernel does not say.
long long CpuDelayNs();
