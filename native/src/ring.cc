// SPDX-License-Identifier: Apache-2.0
#include "ring.h"

#include <cerrno>
#include <cstring>

#include "libbpf_log.h"

// libuv frees a handle some turns after it was closed, which may be after the Ring: so the handle has a life of its own.
struct Ring::Poll {
  uv_poll_t handle;
  Ring* ring;
};

Napi::Function Ring::Define(Napi::Env env) {
  return DefineClass(env, "Ring",
                     {InstanceMethod<&Ring::Arm>("arm"), InstanceMethod<&Ring::Disarm>("disarm"),
                      InstanceMethod<&Ring::Drain>("drain"), InstanceMethod<&Ring::CloseFromJs>("close")});
}

Ring::Ring(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Ring>(info) {
  Napi::Env env = info.Env();
  int map_fd = *info[0].As<Napi::External<int>>().Data();
  LibbpfLog log;
  ring_ = ring_buffer__new(map_fd, CopyRecord, &target_, nullptr);
  if (!ring_) log.fail(env, "opening the ring buffer", errno);
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  poll_ = new Poll{{}, this};
  int failed = uv_poll_init(loop, &poll_->handle, map_fd);
  if (failed) {
    delete poll_;
    poll_ = nullptr;
    Close();
    throw ErrnoError(env, "watching the ring buffer", -failed);
  }
  poll_->handle.data = poll_;
}

Ring::~Ring() { Close(); }

void Ring::Close() {
  if (poll_) {
    poll_->ring = nullptr;
    uv_poll_stop(&poll_->handle);
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_->handle),
             [](uv_handle_t* handle) { delete static_cast<Poll*>(handle->data); });
    poll_ = nullptr;
  }
  if (ring_) ring_buffer__free(ring_);
  ring_ = nullptr;
  callback_.Reset();
}

int Ring::CopyRecord(void* context, void* data, size_t size) {
  Target* target = static_cast<Target*>(context);
  memcpy(target->bytes + target->used, data, size);
  target->used += size;
  // A negative result ends the batch; this record has been consumed all the same.
  return target->used + target->max_record > target->size ? -ENOSPC : 0;
}

Napi::Value Ring::Drain(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!ring_) throw Napi::Error::New(env, "the ring is closed");
  auto bytes = info[0].As<Napi::Uint8Array>();
  target_ = {bytes.Data(), bytes.ByteLength(), 0, info[1].As<Napi::Number>().Uint32Value()};
  if (target_.size < target_.max_record) throw Napi::RangeError::New(env, "the buffer does not hold one record");
  int consumed = ring_buffer__consume(ring_);
  if (consumed < 0 && consumed != -ENOSPC) throw ErrnoError(env, "reading the ring buffer", -consumed);
  return Napi::Number::New(env, static_cast<double>(target_.used));
}

Napi::Value Ring::Arm(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!poll_) throw Napi::Error::New(env, "the ring is closed");
  callback_ = Napi::Persistent(info[0].As<Napi::Function>());
  int failed = uv_poll_start(&poll_->handle, UV_READABLE, [](uv_poll_t* handle, int, int) {
    Ring* ring = static_cast<Poll*>(handle->data)->ring;
    if (ring) ring->OnReadable();
  });
  if (failed) throw ErrnoError(env, "watching the ring buffer", -failed);
  return env.Undefined();
}

Napi::Value Ring::Disarm(const Napi::CallbackInfo& info) {
  if (poll_) uv_poll_stop(&poll_->handle);
  return info.Env().Undefined();
}

void Ring::OnReadable() {
  uv_poll_stop(&poll_->handle);
  Napi::Env env = Env();
  Napi::HandleScope scope(env);
  Napi::AsyncContext context(env, "wirelag.ring");
  Napi::Function callback = callback_.Value();
  callback.MakeCallback(env.Global(), std::initializer_list<napi_value>{}, context);
}

Napi::Value Ring::CloseFromJs(const Napi::CallbackInfo& info) {
  Close();
  return info.Env().Undefined();
}
