// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <deque>
#include <vector>

#include "clock.h"

namespace {

struct Frame {
  long long due_ns;
  /// With the kernel's header before it, which says what of the checksum and of segmentation is left to do.
  std::vector<char> bytes;
};

/// Most that a frame may hold: 64 KiB of segments to be cut, and the headers.
constexpr size_t kFrameBytes = 70000;

bool SetOption(int descriptor, int level, int option, int value) {
  return setsockopt(descriptor, level, option, &value, sizeof(value)) == 0;
}

/// A socket for all frames that come in at a device.
int OpenDevice(const std::string& device) {
  const int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(if_nametoindex(device.c_str()));
  constexpr int buffer_bytes = 32 << 20;
  const bool is_open = descriptor >= 0 && SetOption(descriptor, SOL_PACKET, PACKET_VNET_HDR, 1) &&
                       SetOption(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) &&
                       SetOption(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, buffer_bytes) &&
                       SetOption(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, buffer_bytes) &&
                       bind(descriptor, reinterpret_cast<struct sockaddr*>(&address), sizeof(address)) == 0;
  return is_open ? descriptor : -1;
}

/// One way of the cable.
class Lane {
 public:
  Lane(int from, int to, long long delay_ns) : from_(from), to_(to), delay_ns_(delay_ns) {}

  void TakeIn() {
    char buffer[kFrameBytes];
    for (ssize_t length; (length = recv(from_, buffer, sizeof(buffer), 0)) > 0;)
      under_way_.push_back({NowNs() + delay_ns_, {buffer, buffer + length}});
  }

  void LetOut() {
    // What the device does not take is lost, as on any cable.
    for (; !under_way_.empty() && under_way_.front().due_ns <= NowNs(); under_way_.pop_front())
      send(to_, under_way_.front().bytes.data(), under_way_.front().bytes.size(), 0);
  }

  /// How long until the next frame is due; a second where there is none.
  long long WaitNs() const {
    if (under_way_.empty()) return 1000000000LL;
    const long long wait_ns = under_way_.front().due_ns - NowNs();
    return wait_ns > 0 ? wait_ns : 0;
  }

 private:
  int from_, to_;
  long long delay_ns_;
  std::deque<Frame> under_way_;
};

}  // namespace

long CarryFrames(const std::string& device, const std::string& other, long delay_ms) {
  const int ends[2] = {OpenDevice(device), OpenDevice(other)};
  if (ends[0] < 0 || ends[1] < 0) return -1;
  Lane there(ends[0], ends[1], delay_ms * 1000000LL), back(ends[1], ends[0], delay_ms * 1000000LL);
  for (;;) {
    const long long wait_ns = there.WaitNs() < back.WaitNs() ? there.WaitNs() : back.WaitNs();
    const struct timespec wait = {wait_ns / 1000000000LL, wait_ns % 1000000000LL};
    struct pollfd entries[2] = {{ends[0], POLLIN, 0}, {ends[1], POLLIN, 0}};
    if (ppoll(entries, 2, &wait, nullptr) < 0 && errno != EINTR) return -1;
    there.TakeIn();
    back.TakeIn();
    there.LetOut();
    back.LetOut();
  }
}
