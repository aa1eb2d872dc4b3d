// SPDX-License-Identifier: Apache-2.0
#include "network_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include <cerrno>

#include "fd.h"

namespace {

/// Of /proc/PID/ns/net. EACCES may mean that the process ended meanwhile: the second try tells.
Fd OpenNamespace(const std::string& path) {
  Fd netns(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!netns.ok() && errno == EACCES) netns = Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return netns;
}

}  // namespace

int EnterNetworkNamespace(const std::string& path, uint64_t inode) {
  Fd netns = OpenNamespace(path);
  if (!netns.ok()) return errno;
  struct stat stat;
  if (fstat(netns.get(), &stat) != 0) return errno;
  if (inode != 0 && stat.st_ino != inode) return ESRCH;
  return setns(netns.get(), CLONE_NEWNET) == 0 ? 0 : errno;
}
