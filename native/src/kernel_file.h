// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include <string>

#include "fd.h"

/// Opens a file of one of the kernel's own file systems ("tracefs", "securityfs") for reading. Where that is not
/// mounted at its usual place, it is opened without being mounted anywhere (fsopen, Linux 5.2+), so nothing stays
/// behind whatever becomes of this process. Not ok, with errno set, on failure.
Fd OpenKernelFile(const std::string& filesystem, const std::string& path);

/// `readKernelFile(filesystem, path)`: the file's text, or undefined where it cannot be read.
Napi::Value ReadKernelFile(const Napi::CallbackInfo& info);
