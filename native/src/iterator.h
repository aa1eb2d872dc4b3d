// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include <string>

/// Reads a BPF iterator to its end, inside the network namespace at `netns_path` ("" for the current one), and resolves
/// to a Buffer of what its program wrote; rejects with an errno Error (ENOENT where the namespace is gone).
///
/// A namespace belongs to a thread: the reading is done by one made for it, so that no other work ends up in there.
/// `link` is duplicated; the caller may close it at once.
Napi::Promise ReadIterator(Napi::Env env, int link_fd, std::string netns_path);
