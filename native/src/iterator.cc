// SPDX-License-Identifier: Apache-2.0
#include "iterator.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <thread>
#include <vector>

#include "fd.h"
#include "libbpf_log.h"

namespace {

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
      deferred_.Resolve(Napi::Buffer<char>::Copy(env, output_.data(), output_.size()));
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
    size_t used = 0;
    for (;;) {
      if (output_.size() - used < kChunkBytes) output_.resize(2 * output_.size() + kChunkBytes);
      ssize_t got = read(iterator.get(), output_.data() + used, output_.size() - used);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got < 0) return errno;
      if (got == 0) break;
      used += static_cast<size_t>(got);
    }
    output_.resize(used);
    return 0;
  }

  static constexpr size_t kChunkBytes = 64 * 1024;

  Napi::Promise::Deferred deferred_;
  Fd link_;
  std::string netns_path_;
  std::string doing_;
  std::vector<char> output_;
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
