// SPDX-License-Identifier: Apache-2.0
#include "kernel_file.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

const char* UsualPlace(const std::string& filesystem) {
  return filesystem == "tracefs" ? "/sys/kernel/tracing/" : "/sys/kernel/security/";
}

Fd OpenUnmounted(const std::string& filesystem) {
  Fd context(static_cast<int>(syscall(SYS_fsopen, filesystem.c_str(), FSOPEN_CLOEXEC)));
  if (!context.ok()) return Fd();
  if (syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return Fd();
  return Fd(static_cast<int>(syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0)));
}

}  // namespace

Fd OpenKernelFile(const std::string& filesystem, const std::string& path) {
  Fd mounted(open((UsualPlace(filesystem) + path).c_str(), O_RDONLY | O_CLOEXEC));
  if (mounted.ok()) return mounted;
  Fd root = OpenUnmounted(filesystem);
  if (!root.ok()) return Fd();
  return Fd(openat(root.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
}

Napi::Value ReadKernelFile(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Fd file = OpenKernelFile(info[0].As<Napi::String>(), info[1].As<Napi::String>());
  char text[4096];
  const ssize_t length = file.ok() ? read(file.get(), text, sizeof(text)) : -1;
  if (length < 0) return env.Undefined();
  return Napi::String::New(env, text, static_cast<size_t>(length));
}
