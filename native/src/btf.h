// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

/// `kernelHas(kind, name)`: whether the running kernel's BTF has a "function", "typedef", "enum" or "struct" of that name.
/// Throws an errno Error (ENOENT) on a kernel without BTF.
Napi::Value KernelHas(const Napi::CallbackInfo& info);

/// `kernelEnum(name)`: `{ [value]: name }` of an enum of the running kernel; empty where it has none of that name.
Napi::Value KernelEnum(const Napi::CallbackInfo& info);

/// `fentryError(name)`: the errno with which the kernel refuses a program of two instructions at the entry of this
/// function of its own; 0 where it takes it. Throws an errno Error (ENOENT) on a kernel without BTF.
Napi::Value FentryError(const Napi::CallbackInfo& info);

/// `structLayout(objectPath, name)`: `{ size, members: [{ name, offset, size }] }` in bytes, from the object's own BTF.
Napi::Value StructLayout(const Napi::CallbackInfo& info);
