// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a thread that repeats something measures by its own clock. The laps are the process's.

/// A lap of this thread begins.
void BeginLap();

/// This thread's lap ends, and is kept.
void EndLap();

/// Takes away the laps that were kept. Returns the one below which `percent` of 100 of them are, in nanoseconds; -1 with
/// errno ENODATA where there are none.
long long TakeLaps(long percent);
