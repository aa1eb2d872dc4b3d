// SPDX-License-Identifier: Apache-2.0
#include "conntrack_socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

namespace {

/// The kernel answers inside the call that sends: no answer comes late, and silence is an error.
constexpr struct timeval kPatience = {1, 0};

}  // namespace

bool IsConntrackLoaded() {
  return access("/sys/module/nf_conntrack", F_OK) == 0 || access("/sys/module", F_OK) != 0;
}

bool IsConntrackUnsupported(int error) {
  return error == ENOPROTOOPT || error == EPROTONOSUPPORT || error == EOPNOTSUPP || error == EAFNOSUPPORT;
}

int OpenConntrackSocket(Fd* opened) {
  *opened = Fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!opened->ok()) return errno;
  struct sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  // Connected, it takes messages of nobody else.
  if (connect(opened->get(), reinterpret_cast<struct sockaddr*>(&kernel), sizeof(kernel)) ||
      setsockopt(opened->get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience)))
    return errno;
  return 0;
}
