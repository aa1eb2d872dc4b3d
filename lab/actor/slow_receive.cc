// SPDX-License-Identifier: Apache-2.0
#include "slow_receive.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <thread>

namespace {

void SleepMs(int ms) {
  struct timespec duration = {ms / 1000, (ms % 1000) * 1000000L};
  nanosleep(&duration, nullptr);
}

/// Answers the page faults of the region: the first after the delay, the others at once.
void ServeFaults(int userfault, int delay_ms, unsigned long page) {
  struct uffd_msg message;
  while (read(userfault, &message, sizeof(message)) == sizeof(message)) {
    if (message.event != UFFD_EVENT_PAGEFAULT) continue;
    SleepMs(delay_ms);
    delay_ms = 0;
    struct uffdio_zeropage zero = {};
    zero.range.start = message.arg.pagefault.address & ~(page - 1);
    zero.range.len = page;
    ioctl(userfault, UFFDIO_ZEROPAGE, &zero);
  }
}

}  // namespace

long SlowReceive(int descriptor, unsigned long bytes, int delay_ms) {
  const unsigned long page = static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
  const unsigned long length = (bytes + page - 1) / page * page;
  void* memory = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return -1;
  // Blocking: its reader ends when the descriptor's last holder does, with the process.
  const int userfault = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC));
  if (userfault < 0) return -1;
  struct uffdio_api api = {};
  api.api = UFFD_API;
  struct uffdio_register registration = {};
  registration.range.start = reinterpret_cast<unsigned long>(memory);
  registration.range.len = length;
  registration.mode = UFFDIO_REGISTER_MODE_MISSING;
  if (ioctl(userfault, UFFDIO_API, &api) || ioctl(userfault, UFFDIO_REGISTER, &registration)) return -1;
  std::thread(ServeFaults, userfault, delay_ms, page).detach();
  return recv(descriptor, memory, bytes, 0);
}
