// SPDX-License-Identifier: Apache-2.0
#include "cgroup_path.h"

#include <fcntl.h>
#include <limits.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "fd.h"

namespace {

/// FILEID_KERNFS of linux/exportfs.h: the handle is the 64-bit id.
constexpr int kKernfsHandle = 0xfe;

}  // namespace

Napi::Value CgroupPath(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::string mount_point = info[0].As<Napi::String>();
  bool lossless = false;
  const uint64_t id = info[1].As<Napi::BigInt>().Uint64Value(&lossless);
  alignas(file_handle) char space[sizeof(file_handle) + sizeof(id)];
  auto* handle = reinterpret_cast<file_handle*>(space);
  handle->handle_bytes = sizeof(id);
  handle->handle_type = kKernfsHandle;
  std::memcpy(handle->f_handle, &id, sizeof(id));
  Fd mount(open(mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!mount.ok()) return env.Undefined();
  Fd folder(open_by_handle_at(mount.get(), handle, O_PATH | O_CLOEXEC));
  if (!folder.ok()) return env.Undefined();
  char path[PATH_MAX];
  const ssize_t length =
      readlink(("/proc/self/fd/" + std::to_string(folder.get())).c_str(), path, sizeof(path));
  if (length < 0) return env.Undefined();
  return Napi::String::New(env, path, static_cast<size_t>(length));
}
