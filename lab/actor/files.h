// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// Appends `bytes` zeros to a file, which is made if there is none. Returns how many were written, or -1 with errno.
long AppendTo(const std::string& path, long bytes);

/// Reads four pages anywhere in a file, without reading ahead, and does so `count` times. Returns how often, or -1 with errno.
long ReadPages(const std::string& path, long count);
