// SPDX-License-Identifier: Apache-2.0
#include "uring_accept.h"

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

int UringAccept(int listener) {
  struct io_uring_params params = {};
  const int ring = static_cast<int>(syscall(SYS_io_uring_setup, 4, &params));
  if (ring < 0) return -1;
  auto map = [&](unsigned long size, unsigned long offset) {
    return static_cast<char*>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, static_cast<long>(offset)));
  };
  char* submissions = map(params.sq_off.array + params.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
  char* completions = map(params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
  auto* entries = reinterpret_cast<struct io_uring_sqe*>(map(params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES));
  memset(&entries[0], 0, sizeof(entries[0]));
  entries[0].opcode = IORING_OP_ACCEPT;
  entries[0].fd = listener;
  reinterpret_cast<unsigned*>(submissions + params.sq_off.array)[0] = 0;
  __atomic_store_n(reinterpret_cast<unsigned*>(submissions + params.sq_off.tail), 1u, __ATOMIC_RELEASE);
  const long submitted = syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0);
  const auto* completion = reinterpret_cast<const struct io_uring_cqe*>(completions + params.cq_off.cqes);
  const int result = submitted == 1 ? completion->res : -errno;
  close(ring);
  if (result >= 0) return result;
  errno = -result;
  return -1;
}
