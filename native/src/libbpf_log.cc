// SPDX-License-Identifier: Apache-2.0
#include "libbpf_log.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace {

// A verifier log may be megabytes; its end says why.
constexpr size_t kKeepBytes = 256 * 1024;

thread_local LibbpfLog* current = nullptr;

int Print(enum libbpf_print_level level, const char* format, va_list args) {
  if (!current || level == LIBBPF_DEBUG) return 0;
  char* line = nullptr;
  int length = vasprintf(&line, format, args);
  if (length < 0) return 0;
  current->append(line, static_cast<size_t>(length));
  free(line);
  return 0;
}

}  // namespace

LibbpfLog::LibbpfLog() : outer_(current) {
  static std::once_flag once;
  std::call_once(once, [] { libbpf_set_print(Print); });
  current = this;
}

LibbpfLog::~LibbpfLog() { current = outer_; }

void LibbpfLog::append(const char* line, size_t length) {
  text_.append(line, length);
  if (text_.size() > 2 * kKeepBytes) text_.erase(0, text_.size() - kKeepBytes);
}

Napi::Error ErrnoError(Napi::Env env, const std::string& message, int error) {
  const char* name = strerrorname_np(error);
  const char* text = strerrordesc_np(error);
  Napi::Error result = Napi::Error::New(env, message + ": " + (text ? text : "unknown error"));
  result.Set("errno", Napi::Number::New(env, error));
  result.Set("code", Napi::String::New(env, name ? name : std::to_string(error)));
  return result;
}

void LibbpfLog::fail(Napi::Env env, const std::string& message, int error) const {
  Napi::Error result = ErrnoError(env, message, error);
  result.Set("log", Napi::String::New(env, text_));
  throw result;
}
