// SPDX-License-Identifier: Apache-2.0
#include "tracepoint.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "kernel_file.h"

Fd OpenTracepoint(const std::string& tracepoint, int* error) {
  Fd file = OpenKernelFile("tracefs", "events/" + tracepoint + "/id");
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
