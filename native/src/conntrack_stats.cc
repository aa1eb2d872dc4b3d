// SPDX-License-Identifier: Apache-2.0
#include "conntrack_stats.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>
#include <utility>

#include "conntrack_socket.h"
#include "fd.h"
#include "libbpf_log.h"
#include "netlink_attributes.h"
#include "network_namespace.h"

namespace {

/// More than there are: what a kernel may yet add is past what is read.
constexpr uint16_t kTypes = 32;
constexpr size_t kMessageBytes = 32 * 1024;

class ConntrackStatsWorker : public Napi::AsyncWorker {
 public:
  ConntrackStatsWorker(Napi::Env env, std::string netns_path, uint64_t inode)
      : Napi::AsyncWorker(env), deferred_(env), netns_path_(std::move(netns_path)), inode_(inode) {}

  Napi::Promise Promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    // A namespace belongs to a thread: see ReadIterator.
    std::thread([this] { error_ = Read(); }).join();
  }

  void OnOK() override {
    Napi::Env env = Env();
    if (error_) {
      deferred_.Reject(ErrnoError(env, doing_, error_).Value());
    } else if (!is_known_) {
      deferred_.Resolve(env.Undefined());
    } else {
      Napi::Array sums = Napi::Array::New(env, sums_.size());
      for (uint32_t type = 0; type < sums_.size(); type++)
        sums[type] = Napi::Number::New(env, static_cast<double>(sums_[type]));
      deferred_.Resolve(sums);
    }
  }

 private:
  int Read() {
    doing_ = "entering the network namespace " + netns_path_;
    int error = EnterNetworkNamespace(netns_path_, inode_);
    if (error) return error;
    doing_ = "asking for the statistics of connection tracking";
    if (!IsConntrackLoaded()) return 0;
    error = OpenConntrackSocket(&socket_);
    if (!error) error = Ask();
    // With EINVAL the kernel says that it has no nf_conntrack_netlink.
    if (error == EINVAL || IsConntrackUnsupported(error)) return 0;
    is_known_ = error == 0;
    return error;
  }

  int Ask() {
    struct {
      struct nlmsghdr header;
      struct nfgenmsg family;
    } request = {};
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = ConntrackMessageType(IPCTNL_MSG_CT_GET_STATS_CPU);
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.family.version = NFNETLINK_V0;
    if (send(socket_.get(), &request, sizeof(request), 0) < 0) return errno;
    for (bool is_done = false; !is_done;) {
      alignas(struct nlmsghdr) char buffer[kMessageBytes];
      const ssize_t got = recv(socket_.get(), buffer, sizeof(buffer), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno == EAGAIN ? ETIMEDOUT : errno;
      size_t left = static_cast<size_t>(got);
      const auto* header = reinterpret_cast<const struct nlmsghdr*>(buffer);
      for (; NLMSG_OK(header, left) && !is_done; header = NLMSG_NEXT(header, left)) {
        const int error = Take(header, &is_done);
        if (error) return error;
      }
    }
    return 0;
  }

  int Take(const struct nlmsghdr* header, bool* is_done) {
    if (header->nlmsg_type == NLMSG_DONE) {
      *is_done = true;
      return 0;
    }
    if (header->nlmsg_type == NLMSG_ERROR) {
      if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))) return EBADMSG;
      return -static_cast<const struct nlmsgerr*>(NLMSG_DATA(header))->error;
    }
    const size_t skipped = NLMSG_SPACE(sizeof(struct nfgenmsg));
    if (header->nlmsg_type != ConntrackMessageType(IPCTNL_MSG_CT_GET_STATS_CPU) || header->nlmsg_len < skipped)
      return EBADMSG;
    AddCpu(Attributes(reinterpret_cast<const char*>(header) + skipped, header->nlmsg_len - skipped));
    return 0;
  }

  void AddCpu(const Attributes& counters) {
    for (uint16_t type = 0; type < kTypes; type++) {
      uint32_t count;
      if (counters.Copy(type, &count, sizeof(count))) sums_[type] += ntohl(count);
    }
  }

  Napi::Promise::Deferred deferred_;
  std::string netns_path_;
  uint64_t inode_;
  std::string doing_;
  Fd socket_;
  std::array<uint64_t, kTypes> sums_ = {};
  bool is_known_ = false;
  int error_ = 0;
};

}  // namespace

Napi::Value ConntrackStats(const Napi::CallbackInfo& info) {
  const auto inode = static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value());
  auto* worker = new ConntrackStatsWorker(info.Env(), info[0].As<Napi::String>(), inode);
  Napi::Promise promise = worker->Promise();
  worker->Queue();
  return promise;
}
