// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// What an operation came to: an errno, or a result.
struct Outcome {
  int error = 0;
  std::string result;
};

/// Performs `words[0]` with the arguments after it; EINVAL for an unknown operation, ENOENT for a socket that was never
/// named. What each does stands in operations.cc, with its name.
Outcome RunOperation(const std::vector<std::string>& words);

bool BringLoopbackUp();
