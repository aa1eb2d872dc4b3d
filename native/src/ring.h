// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/libbpf.h>
#include <napi.h>
#include <uv.h>

#include <cstdint>

/// The consumer's end of a BPF ring buffer.
///
/// JavaScript: `arm(callback)` calls back once when the ring has data, woken by its file descriptor through libuv, and
/// keeps the process alive until then; `drain(target, maxRecordBytes)` copies whole records, one after the other, until
/// the ring is empty or the next might not fit, and returns the bytes written; `close()`.
///
/// Owned by a BpfObject, which closes it before it frees the map. Used on the JavaScript thread only.
class Ring : public Napi::ObjectWrap<Ring> {
 public:
  static Napi::Function Define(Napi::Env env);
  /// Constructed from C++ only: (External<int> map descriptor).
  explicit Ring(const Napi::CallbackInfo& info);
  ~Ring() override;

  void Close();

 private:
  struct Poll;

  Napi::Value Arm(const Napi::CallbackInfo& info);
  Napi::Value Drain(const Napi::CallbackInfo& info);
  Napi::Value Disarm(const Napi::CallbackInfo& info);
  Napi::Value CloseFromJs(const Napi::CallbackInfo& info);
  void OnReadable();

  struct Target {
    uint8_t* bytes;
    size_t size;
    size_t used;
    size_t max_record;
  };
  static int CopyRecord(void* context, void* data, size_t size);

  struct ring_buffer* ring_ = nullptr;
  Poll* poll_ = nullptr;
  Target target_ = {};
  Napi::FunctionReference callback_;
};
