// SPDX-License-Identifier: Apache-2.0
#include "clock.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

long long NowNs() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

long long CpuDelayNs() {
  thread_local const int descriptor = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  char text[100] = "";
  const ssize_t length = pread(descriptor, text, sizeof(text) - 1, 0);
  long long ran_ns = 0, delay_ns = 0;
  if (length > 0) sscanf(text, "%lld %lld", &ran_ns, &delay_ns);
  return delay_ns;
}
