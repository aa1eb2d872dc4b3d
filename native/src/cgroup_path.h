// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

/// `cgroupPath(mountPoint, id)`: path of the cgroup with that id (a BigInt) in the hierarchy that is mounted there;
/// undefined where there is none, or this process may not open by handle (CAP_DAC_READ_SEARCH).
Napi::Value CgroupPath(const Napi::CallbackInfo& info);
