// SPDX-License-Identifier: Apache-2.0
#include "laps.h"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <vector>

#include "clock.h"

namespace {

std::mutex mutex;
std::vector<long long> laps;
thread_local long long began_ns = 0;

}  // namespace

void BeginLap() { began_ns = NowNs(); }

void EndLap() {
  const long long lap_ns = NowNs() - began_ns;
  const std::lock_guard<std::mutex> lock(mutex);
  laps.push_back(lap_ns);
}

long long TakeLaps(long percent) {
  std::vector<long long> taken;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    taken.swap(laps);
  }
  if (taken.empty()) {
    errno = ENODATA;
    return -1;
  }
  std::sort(taken.begin(), taken.end());
  return taken[(taken.size() - 1) * static_cast<size_t>(percent) / 100];
}
