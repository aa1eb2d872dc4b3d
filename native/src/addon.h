// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

/// What one Node environment (the main thread, or a worker) keeps of this addon.
struct AddonData {
  Napi::FunctionReference ring;
};
