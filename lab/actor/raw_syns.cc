// SPDX-License-Identifier: Apache-2.0
#include "raw_syns.h"

#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstring>

namespace {

struct Packet {
  struct iphdr ip;
  struct tcphdr tcp;
};

/// What the TCP checksum is also over.
struct PseudoHeader {
  uint32_t source, target;
  uint8_t zero, protocol;
  uint16_t length;
};

uint32_t Sum(const void* data, size_t bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes; i += 2) {
    uint16_t word;
    memcpy(&word, static_cast<const char*>(data) + i, 2);
    sum += word;
  }
  return sum;
}

uint16_t Fold(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

Packet SynOf(uint32_t number, const struct sockaddr_in& target) {
  Packet packet = {};
  packet.ip.version = 4;
  packet.ip.ihl = 5;
  packet.ip.ttl = 64;
  packet.ip.protocol = IPPROTO_TCP;
  packet.ip.tot_len = htons(sizeof(packet));
  packet.ip.saddr = htonl(0xc6120000u | (number % 0x1fffeu + 1));
  packet.ip.daddr = target.sin_addr.s_addr;
  packet.tcp.source = htons(static_cast<uint16_t>(1024 + number % 60000));
  packet.tcp.dest = target.sin_port;
  packet.tcp.seq = htonl(number * 2654435761u);
  packet.tcp.doff = 5;
  packet.tcp.syn = 1;
  packet.tcp.window = htons(64240);
  const PseudoHeader pseudo = {packet.ip.saddr, packet.ip.daddr, 0, IPPROTO_TCP, htons(sizeof(packet.tcp))};
  packet.tcp.check = Fold(Sum(&pseudo, sizeof(pseudo)) + Sum(&packet.tcp, sizeof(packet.tcp)));
  return packet;
}

}  // namespace

long SendRawSyns(const struct sockaddr_in& target, long count) {
  // No source twice, until all were used.
  static std::atomic<uint32_t> sent = 0;
  const int descriptor = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  if (descriptor < 0) return -1;
  for (long i = 0; i < count; i++) {
    const Packet packet = SynOf(sent++, target);
    const auto* address = reinterpret_cast<const struct sockaddr*>(&target);
    if (sendto(descriptor, &packet, sizeof(packet), 0, address, sizeof(target)) < 0) {
      close(descriptor);
      return -1;
    }
  }
  close(descriptor);
  return count;
}
