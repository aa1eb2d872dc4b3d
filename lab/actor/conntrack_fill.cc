// SPDX-License-Identifier: Apache-2.0
#include "conntrack_fill.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace {

constexpr uint32_t kTimeoutSeconds = 600;
/// Messages that are sent at once.
constexpr long kBatch = 200;

/// Netlink attributes one after the other.
class Attributes {
 public:
  void Add(uint16_t type, const void* data, size_t bytes) {
    const struct nlattr header = {static_cast<uint16_t>(NLA_HDRLEN + bytes), type};
    text_.append(reinterpret_cast<const char*>(&header), sizeof(header));
    text_.append(static_cast<const char*>(data), bytes);
    text_.resize(NLA_ALIGN(text_.size()));
  }
  void Add8(uint16_t type, uint8_t value) { Add(type, &value, sizeof(value)); }
  void Add16(uint16_t type, uint16_t value) {
    const uint16_t swapped = htons(value);
    Add(type, &swapped, sizeof(swapped));
  }
  void Add32(uint16_t type, uint32_t value) {
    const uint32_t swapped = htonl(value);
    Add(type, &swapped, sizeof(swapped));
  }
  void AddNested(uint16_t type, const Attributes& inner) { Add(type | NLA_F_NESTED, inner.text_.data(), inner.text_.size()); }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct End {
  uint32_t address;
  uint16_t port;
};

Attributes Tuple(End source, End target) {
  Attributes ip, protocol, tuple;
  ip.Add32(CTA_IP_V4_SRC, source.address);
  ip.Add32(CTA_IP_V4_DST, target.address);
  protocol.Add8(CTA_PROTO_NUM, IPPROTO_TCP);
  protocol.Add16(CTA_PROTO_SRC_PORT, source.port);
  protocol.Add16(CTA_PROTO_DST_PORT, target.port);
  tuple.AddNested(CTA_TUPLE_IP, ip);
  tuple.AddNested(CTA_TUPLE_PROTO, protocol);
  return tuple;
}

/// A request to enter the flow of that number: each from another source of 198.18.0.0/15.
std::string Message(long number) {
  const End client = {0xc6120000u | static_cast<uint32_t>(number / 50000 + 1), static_cast<uint16_t>(10000 + number % 50000)};
  const End server = {0xc6130001u, 443};
  Attributes tcp, protocol, all;
  tcp.Add8(CTA_PROTOINFO_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
  protocol.AddNested(CTA_PROTOINFO_TCP, tcp);
  all.AddNested(CTA_TUPLE_ORIG, Tuple(client, server));
  all.AddNested(CTA_TUPLE_REPLY, Tuple(server, client));
  all.Add32(CTA_STATUS, IPS_ASSURED | IPS_SEEN_REPLY | IPS_CONFIRMED);
  all.Add32(CTA_TIMEOUT, kTimeoutSeconds);
  all.AddNested(CTA_PROTOINFO, protocol);
  struct {
    struct nlmsghdr netlink;
    struct nfgenmsg netfilter;
  } header = {};
  header.netlink.nlmsg_len = static_cast<uint32_t>(sizeof(header) + all.text().size());
  header.netlink.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
  header.netlink.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
  header.netfilter.nfgen_family = AF_INET;
  return std::string(reinterpret_cast<const char*>(&header), sizeof(header)) + all.text();
}

}  // namespace

long FillConntrack(long count) {
  const int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (descriptor < 0) return -1;
  for (long done = 0; done < count;) {
    std::string batch;
    for (const long end = done + kBatch; done < end && done < count; done++) batch += Message(done);
    if (send(descriptor, batch.data(), batch.size(), 0) < 0) {
      close(descriptor);
      return -1;
    }
    // Answers come only of those that were refused.
    char answers[65536];
    while (recv(descriptor, answers, sizeof(answers), MSG_DONTWAIT) > 0) {
    }
  }
  close(descriptor);
  return count;
}
