// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// Carries frames between two network devices, each `delay_ms` after it came, as a long cable does. Does not return but for
/// an error: -1 with errno.
long CarryFrames(const std::string& device, const std::string& other, long delay_ms);
