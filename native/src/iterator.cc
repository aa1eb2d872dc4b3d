// SPDX-License-Identifier: Apache-2.0
#include "iterator.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <thread>

#include "fd.h"
#include "libbpf_log.h"

namespace {

/// Bytes that grow: large blocks move without being copied (mremap), and are not cleared before they are written.
class GrowingBytes {
 public:
  /// @returns where `room` bytes more may be written; nullptr: there is no memory
  char* Reserve(size_t room) {
    if (capacity_ - size_ < room) {
      const size_t capacity = 2 * capacity_ + room;
      if (!Resize(capacity)) return nullptr;
    }
    return bytes_.get() + size_;
  }

  void Added(size_t count) { size_ += count; }

  size_t room() const { return capacity_ - size_; }

  /// Hands the bytes over to JavaScript, whose garbage collector frees them.
  Napi::Buffer<char> Take(Napi::Env env) {
    if (size_ == 0) return Napi::Buffer<char>::New(env, 0);
    Resize(size_);
    const size_t size = size_;
    size_ = capacity_ = 0;
    return Napi::Buffer<char>::NewOrCopy(env, bytes_.release(), size, [](Napi::Env, char* bytes) { free(bytes); });
  }

 private:
  bool Resize(size_t capacity) {
    auto* moved = static_cast<char*>(realloc(bytes_.get(), capacity));
    if (!moved) return false;
    bytes_.release();
    bytes_.reset(moved);
    capacity_ = capacity;
    return true;
  }

  struct Free {
    void operator()(char* bytes) const { free(bytes); }
  };

  std::unique_ptr<char, Free> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

class IteratorReader : public Napi::AsyncWorker {
 public:
  IteratorReader(Napi::Env env, Fd link, std::string netns_path)
      : Napi::AsyncWorker(env), deferred_(env), link_(std::move(link)), netns_path_(std::move(netns_path)) {}

  Napi::Promise Promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    std::thread([this] { error_ = Read(); }).join();
  }

  void OnOK() override {
    Napi::Env env = Env();
    if (error_) {
      deferred_.Reject(ErrnoError(env, doing_, error_).Value());
    } else {
      deferred_.Resolve(output_.Take(env));
    }
  }

 private:
  int Read() {
    if (!netns_path_.empty()) {
      doing_ = "entering the network namespace " + netns_path_;
      Fd netns(open(netns_path_.c_str(), O_RDONLY | O_CLOEXEC));
      if (!netns.ok() || setns(netns.get(), CLONE_NEWNET) != 0) return errno;
    }
    doing_ = "reading an iterator";
    Fd iterator(bpf_iter_create(link_.get()));
    if (!iterator.ok()) return errno;
    for (;;) {
      char* to = output_.Reserve(kChunkBytes);
      if (!to) return ENOMEM;
      ssize_t got = read(iterator.get(), to, output_.room());
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got < 0) return errno;
      if (got == 0) return 0;
      output_.Added(static_cast<size_t>(got));
    }
  }

  static constexpr size_t kChunkBytes = 64 * 1024;

  Napi::Promise::Deferred deferred_;
  Fd link_;
  std::string netns_path_;
  std::string doing_;
  GrowingBytes output_;
  int error_ = 0;
};

}  // namespace

Napi::Promise ReadIterator(Napi::Env env, int link_fd, std::string netns_path) {
  Fd link(fcntl(link_fd, F_DUPFD_CLOEXEC, 3));
  if (!link.ok()) throw ErrnoError(env, "reading an iterator", errno);
  auto* reader = new IteratorReader(env, std::move(link), std::move(netns_path));
  Napi::Promise promise = reader->Promise();
  reader->Queue();
  return promise;
}
