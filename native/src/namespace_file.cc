// SPDX-License-Identifier: Apache-2.0
#include "namespace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fd.h"
#include "libbpf_log.h"
#include "network_namespace.h"

namespace {

/// Some files of /proc/sys are only given whole, by one read.
constexpr size_t kChunkBytes = 64 * 1024;
constexpr size_t kMaxBytes = 1024 * 1024;

std::optional<std::string> ReadFile(const std::string& path, std::vector<char>* chunk) {
  Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return std::nullopt;
  std::string text;
  for (;;) {
    const ssize_t got = read(file.get(), chunk->data(), chunk->size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(chunk->data(), static_cast<size_t>(got));
    if (text.size() > kMaxBytes) return std::nullopt;
  }
}

class NamespaceFileReader : public Napi::AsyncWorker {
 public:
  NamespaceFileReader(Napi::Env env, std::string netns_path, uint64_t inode, std::vector<std::string> files)
      : Napi::AsyncWorker(env),
        deferred_(env),
        netns_path_(std::move(netns_path)),
        inode_(inode),
        files_(std::move(files)) {}

  Napi::Promise Promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    // A namespace belongs to a thread: see ReadIterator.
    std::thread([this] { error_ = Read(); }).join();
  }

  void OnOK() override {
    Napi::Env env = Env();
    if (error_) {
      deferred_.Reject(ErrnoError(env, "entering the network namespace " + netns_path_, error_).Value());
      return;
    }
    Napi::Array texts = Napi::Array::New(env, texts_.size());
    for (uint32_t i = 0; i < texts_.size(); i++)
      texts[i] = texts_[i] ? Napi::String::New(env, *texts_[i]).As<Napi::Value>() : env.Undefined();
    deferred_.Resolve(texts);
  }

 private:
  int Read() {
    const int error = EnterNetworkNamespace(netns_path_, inode_);
    if (error) return error;
    std::vector<char> chunk(kChunkBytes);
    for (const std::string& file : files_) texts_.push_back(ReadFile(file, &chunk));
    return 0;
  }

  Napi::Promise::Deferred deferred_;
  std::string netns_path_;
  uint64_t inode_;
  std::vector<std::string> files_;
  std::vector<std::optional<std::string>> texts_;
  int error_ = 0;
};

}  // namespace

Napi::Value ReadInNamespace(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto inode = static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value());
  const auto given = info[2].As<Napi::Array>();
  std::vector<std::string> files;
  for (uint32_t i = 0; i < given.Length(); i++) files.push_back(given.Get(i).As<Napi::String>());
  auto* reader = new NamespaceFileReader(env, info[0].As<Napi::String>(), inode, std::move(files));
  Napi::Promise promise = reader->Promise();
  reader->Queue();
  return promise;
}
