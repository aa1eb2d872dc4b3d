// SPDX-License-Identifier: Apache-2.0
#include "conntrack.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "conntrack_socket.h"
#include "fd.h"
#include "libbpf_log.h"
#include "netlink_attributes.h"
#include "network_namespace.h"

namespace {

/// Queries that one system call sends. Their answers wait in the receive buffer together, so they must fit there.
constexpr size_t kBatch = 64;
constexpr int kReceiveBufferBytes = 1024 * 1024;
constexpr size_t kMessageBytes = 8192;

constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool IsIpv4(const ConntrackTuple& tuple) { return memcmp(tuple.destination, kMapped, sizeof(kMapped)) == 0; }

/// Netlink messages, one after the other.
class Messages {
 public:
  void Clear() { bytes_.clear(); }
  const char* data() const { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }

  void AddQuery(const ConntrackTuple& tuple, uint32_t sequence) {
    const size_t start = bytes_.size();
    struct nlmsghdr header = {};
    header.nlmsg_type = ConntrackMessageType(IPCTNL_MSG_CT_GET);
    header.nlmsg_flags = NLM_F_REQUEST;
    header.nlmsg_seq = sequence;
    Append(&header, sizeof(header));
    struct nfgenmsg family = {};
    family.nfgen_family = IsIpv4(tuple) ? AF_INET : AF_INET6;
    family.version = NFNETLINK_V0;
    Append(&family, sizeof(family));
    // The kernel looks for it among the tuples of both directions, whichever of the two attributes it stands in.
    const size_t whole = BeginNest(CTA_TUPLE_ORIG);
    AddAddresses(tuple);
    AddPorts(tuple);
    EndNest(whole);
    header.nlmsg_len = static_cast<uint32_t>(bytes_.size() - start);
    memcpy(&bytes_[start], &header, sizeof(header));
  }

 private:
  void AddAddresses(const ConntrackTuple& tuple) {
    const size_t nest = BeginNest(CTA_TUPLE_IP);
    if (IsIpv4(tuple)) {
      AddAttribute(CTA_IP_V4_SRC, tuple.source + sizeof(kMapped), 4);
      AddAttribute(CTA_IP_V4_DST, tuple.destination + sizeof(kMapped), 4);
    } else {
      AddAttribute(CTA_IP_V6_SRC, tuple.source, 16);
      AddAttribute(CTA_IP_V6_DST, tuple.destination, 16);
    }
    EndNest(nest);
  }

  void AddPorts(const ConntrackTuple& tuple) {
    const size_t nest = BeginNest(CTA_TUPLE_PROTO);
    const uint16_t source = htons(tuple.source_port), destination = htons(tuple.destination_port);
    AddAttribute(CTA_PROTO_NUM, &tuple.protocol, sizeof(tuple.protocol));
    AddAttribute(CTA_PROTO_SRC_PORT, &source, sizeof(source));
    AddAttribute(CTA_PROTO_DST_PORT, &destination, sizeof(destination));
    EndNest(nest);
  }

  void AddAttribute(uint16_t type, const void* value, size_t length) {
    const struct nlattr header = {static_cast<uint16_t>(NLA_HDRLEN + length), type};
    Append(&header, sizeof(header));
    Append(value, length);
  }

  size_t BeginNest(uint16_t type) {
    const size_t start = bytes_.size();
    AddAttribute(type | NLA_F_NESTED, nullptr, 0);
    return start;
  }

  void EndNest(size_t start) {
    const uint16_t length = static_cast<uint16_t>(bytes_.size() - start);
    memcpy(&bytes_[start + offsetof(struct nlattr, nla_len)], &length, sizeof(length));
  }

  void Append(const void* data, size_t length) {
    const char* first = static_cast<const char*>(data);
    if (length > 0) bytes_.insert(bytes_.end(), first, first + length);
    bytes_.resize(NLA_ALIGN(bytes_.size()));
  }

  std::vector<char> bytes_;
};

bool ReadAddresses(const Attributes& addresses, ConntrackTuple* tuple) {
  if (addresses.Copy(CTA_IP_V6_SRC, tuple->source, 16)) return addresses.Copy(CTA_IP_V6_DST, tuple->destination, 16);
  memcpy(tuple->source, kMapped, sizeof(kMapped));
  memcpy(tuple->destination, kMapped, sizeof(kMapped));
  return addresses.Copy(CTA_IP_V4_SRC, tuple->source + sizeof(kMapped), 4) &&
         addresses.Copy(CTA_IP_V4_DST, tuple->destination + sizeof(kMapped), 4);
}

bool ReadTuple(const Attributes& attributes, ConntrackTuple* tuple) {
  const Attributes ports = attributes.In(CTA_TUPLE_PROTO);
  if (!ReadAddresses(attributes.In(CTA_TUPLE_IP), tuple) ||
      !ports.Copy(CTA_PROTO_NUM, &tuple->protocol, sizeof(tuple->protocol)) ||
      !ports.Copy(CTA_PROTO_SRC_PORT, &tuple->source_port, sizeof(tuple->source_port)) ||
      !ports.Copy(CTA_PROTO_DST_PORT, &tuple->destination_port, sizeof(tuple->destination_port)))
    return false;
  tuple->source_port = ntohs(tuple->source_port);
  tuple->destination_port = ntohs(tuple->destination_port);
  return true;
}

class ConntrackWorker : public Napi::AsyncWorker {
 public:
  ConntrackWorker(Napi::Env env, std::string netns_path, std::vector<ConntrackTuple> queries)
      : Napi::AsyncWorker(env),
        deferred_(env),
        netns_path_(std::move(netns_path)),
        queries_(std::move(queries)),
        answers_(queries_.size()) {}

  Napi::Promise Promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    // A namespace belongs to a thread: see ReadIterator.
    std::thread([this] { error_ = Lookup(); }).join();
  }

  void OnOK() override {
    Napi::Env env = Env();
    if (error_) {
      deferred_.Reject(ErrnoError(env, doing_, error_).Value());
    } else {
      const char* bytes = reinterpret_cast<const char*>(answers_.data());
      deferred_.Resolve(Napi::Buffer<char>::Copy(env, bytes, answers_.size() * sizeof(ConntrackAnswer)));
    }
  }

 private:
  int Lookup() {
    if (!netns_path_.empty()) {
      doing_ = "entering the network namespace " + netns_path_;
      const int error = EnterNetworkNamespace(netns_path_);
      if (error) return error;
    }
    doing_ = "asking connection tracking";
    if (!IsConntrackLoaded()) return 0;
    const int error = OpenSocket();
    if (error) return IsConntrackUnsupported(error) ? 0 : error;
    return AskAll();
  }

  int OpenSocket() {
    const int error = OpenConntrackSocket(&socket_);
    // A batch fits into the usual buffer too: this is for hosts whose net.core.rmem_default is small.
    if (!error) setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBufferBytes, sizeof(kReceiveBufferBytes));
    return error;
  }

  int AskAll() {
    // The first goes alone: a kernel without nf_conntrack_netlink looks for the module anew with each query.
    for (size_t first = 0, end = 1; first < queries_.size() && !absent_; first = end, end += kBatch) {
      const int error = Ask(first, std::min(end, queries_.size()) - first);
      if (error) return error;
    }
    return 0;
  }

  int Ask(size_t first, size_t count) {
    messages_.Clear();
    for (size_t i = first; i < first + count; i++) messages_.AddQuery(queries_[i], static_cast<uint32_t>(i));
    if (send(socket_.get(), messages_.data(), messages_.size(), 0) < 0) return errno;
    // Each query gets one answer: the entry, or an error.
    for (size_t answered = 0; answered < count;) {
      alignas(struct nlmsghdr) char buffer[kMessageBytes];
      const ssize_t got = recv(socket_.get(), buffer, sizeof(buffer), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno == EAGAIN ? ETIMEDOUT : errno;
      size_t left = static_cast<size_t>(got);
      const auto* header = reinterpret_cast<const struct nlmsghdr*>(buffer);
      for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left), answered++) {
        const int error = Take(header);
        if (error) return error;
      }
    }
    return 0;
  }

  int Take(const struct nlmsghdr* header) {
    if (header->nlmsg_type == NLMSG_ERROR) {
      if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))) return EBADMSG;
      return TakeError(-static_cast<const struct nlmsgerr*>(NLMSG_DATA(header))->error);
    }
    const size_t skipped = NLMSG_SPACE(sizeof(struct nfgenmsg));
    if (header->nlmsg_type != ConntrackMessageType(IPCTNL_MSG_CT_NEW) || header->nlmsg_len < skipped ||
        header->nlmsg_seq >= answers_.size())
      return EBADMSG;
    const Attributes entry(reinterpret_cast<const char*>(header) + skipped, header->nlmsg_len - skipped);
    ConntrackAnswer answer = {};
    // What has no ports is not what was asked for: it stays unknown.
    if (ReadTuple(entry.In(CTA_TUPLE_ORIG), &answer.original) && ReadTuple(entry.In(CTA_TUPLE_REPLY), &answer.reply))
      answers_[header->nlmsg_seq] = answer;
    return 0;
  }

  int TakeError(int error) {
    // So the kernel says that it has no nf_conntrack_netlink.
    if (error == EINVAL) absent_ = true;
    return error == ENOENT || error == EINVAL || IsConntrackUnsupported(error) ? 0 : error;
  }

  Napi::Promise::Deferred deferred_;
  std::string netns_path_;
  std::vector<ConntrackTuple> queries_;
  std::vector<ConntrackAnswer> answers_;
  std::string doing_;
  Fd socket_;
  Messages messages_;
  bool absent_ = false;
  int error_ = 0;
};

}  // namespace

Napi::Value ConntrackLookup(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto bytes = info[1].As<Napi::Buffer<char>>();
  if (bytes.Length() % sizeof(ConntrackTuple) != 0) throw Napi::RangeError::New(env, "the queries are no whole tuples");
  std::vector<ConntrackTuple> queries(bytes.Length() / sizeof(ConntrackTuple));
  if (!queries.empty()) memcpy(queries.data(), bytes.Data(), bytes.Length());
  auto* worker = new ConntrackWorker(env, info[0].As<Napi::String>(), std::move(queries));
  Napi::Promise promise = worker->Promise();
  worker->Queue();
  return promise;
}
