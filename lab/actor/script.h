// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "operations.h"

/// Operations of operations.h that end at a word `;` each.
using Script = std::vector<std::vector<std::string>>;

/// Reads a script from the word at `from` on.
Script ParseScript(const std::vector<std::string>& words, size_t from);

/// Performs a script's operations in turn until one fails, whose outcome is returned; else that of the last.
Outcome RunScript(const Script& script);

/// Performs a script `count` times, 0: for ever, until an operation fails. The result is how many times it was done.
Outcome RepeatScript(const Script& script, long count);
