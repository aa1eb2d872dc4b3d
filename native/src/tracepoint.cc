// SPDX-License-Identifier: Apache-2.0
#include "tracepoint.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace {

Fd OpenUnmountedTracefs() {
  Fd context(static_cast<int>(syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC)));
  if (!context.ok()) return Fd();
  if (syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return Fd();
  return Fd(static_cast<int>(syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0)));
}

Fd OpenTracefs() {
  for (const char* path : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    Fd root(open(path, O_DIRECTORY | O_PATH | O_CLOEXEC));
    if (root.ok() && faccessat(root.get(), "events", F_OK, 0) == 0) return root;
  }
  return OpenUnmountedTracefs();
}

}  // namespace

Fd OpenTracepoint(const std::string& tracepoint, int* error) {
  Fd root = OpenTracefs();
  if (!root.ok()) {
    *error = errno;
    return Fd();
  }
  Fd file(openat(root.get(), ("events/" + tracepoint + "/id").c_str(), O_RDONLY | O_CLOEXEC));
  char text[32] = {};
  if (!file.ok() || read(file.get(), text, sizeof(text) - 1) <= 0) {
    *error = errno;
    return Fd();
  }
  struct perf_event_attr attributes;
  memset(&attributes, 0, sizeof(attributes));
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof(attributes);
  attributes.config = strtoull(text, nullptr, 10);
  attributes.sample_period = 1;
  attributes.wakeup_events = 1;
  // A program on a tracepoint runs on every CPU, whichever CPU the event was opened for.
  Fd event(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event.ok()) *error = errno;
  return event;
}
