// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include <string>

/// Collects what libbpf prints on this thread while it lives, instead of letting it reach stderr. May nest.
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  const std::string& text() const { return text_; }
  void append(const char* line, size_t length);

  /// Throws a JavaScript Error: `message`, `errno` (positive), `code` (as "EPERM") and `log`, libbpf's own words.
  [[noreturn]] void fail(Napi::Env env, const std::string& message, int error) const;

 private:
  std::string text_;
  LibbpfLog* outer_;
};

/// A JavaScript Error with `errno` and `code`.
Napi::Error ErrnoError(Napi::Env env, const std::string& message, int error);
