// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

/// `sendUnixDatagram(path, text)`: one datagram to a Unix socket; a path that begins with `@` is in the abstract
/// namespace. Throws an errno Error. Node.js has no such sockets, and systemd is told by them (sd_notify(3)).
Napi::Value SendUnixDatagram(const Napi::CallbackInfo& info);
