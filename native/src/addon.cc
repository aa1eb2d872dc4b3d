// SPDX-License-Identifier: Apache-2.0
// A thin way from Node to libbpf: objects, rings, iterators, BTF. Everything that is about wirelag is in TypeScript.
#include "addon.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/socket.h>

#include <cerrno>
#include <ctime>

#include "bpf_object.h"
#include "btf.h"
#include "fd.h"
#include "cgroup_path.h"
#include "conntrack.h"
#include "conntrack_stats.h"
#include "kernel_file.h"
#include "libbpf_log.h"
#include "namespace_file.h"
#include "ring.h"
#include "unix_datagram.h"

namespace {

/// `enableRunStats()`: has the kernel measure run time and count of every BPF program; returns a function that ends it.
Napi::Value EnableRunStats(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (fd < 0) throw ErrnoError(env, "switching BPF statistics on", errno);
  auto* held = new Fd(fd);
  Napi::Function end = Napi::Function::New(env, [held](const Napi::CallbackInfo&) { *held = Fd(); });
  end.AddFinalizer([](Napi::BasicEnv, Fd* fd) { delete fd; }, held);
  return end;
}

/// `requestPacketTimestamps()`: has the kernel note on every packet when it came in, while the returned function has not
/// been called. It is a socket that asks for it, so it ends with the process too.
Napi::Value RequestPacketTimestamps(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto* held = new Fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  Napi::Function end = Napi::Function::New(env, [held](const Napi::CallbackInfo&) { *held = Fd(); });
  end.AddFinalizer([](Napi::BasicEnv, Fd* fd) { delete fd; }, held);
  const int on = 1;
  if (!held->ok() || setsockopt(held->get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)))
    throw ErrnoError(env, "asking for packet timestamps", errno);
  return end;
}

/// `realtimeOffsetNs()`: CLOCK_REALTIME minus CLOCK_MONOTONIC, as a BigInt.
Napi::Value RealtimeOffsetNs(const Napi::CallbackInfo& info) {
  struct timespec monotonic, realtime;
  clock_gettime(CLOCK_MONOTONIC, &monotonic);
  clock_gettime(CLOCK_REALTIME, &realtime);
  int64_t offset_ns = (realtime.tv_sec - monotonic.tv_sec) * 1000000000LL + realtime.tv_nsec - monotonic.tv_nsec;
  return Napi::BigInt::New(info.Env(), offset_ns);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto* data = new AddonData;
  data->ring = Napi::Persistent(Ring::Define(env));
  env.SetInstanceData(data);
  exports["BpfObject"] = BpfObject::Define(env);
  exports["cgroupPath"] = Napi::Function::New<CgroupPath>(env, "cgroupPath");
  exports["conntrackLookup"] = Napi::Function::New<ConntrackLookup>(env, "conntrackLookup");
  exports["conntrackStats"] = Napi::Function::New<ConntrackStats>(env, "conntrackStats");
  exports["fentryError"] = Napi::Function::New<FentryError>(env, "fentryError");
  exports["kernelHas"] = Napi::Function::New<KernelHas>(env, "kernelHas");
  exports["kernelEnum"] = Napi::Function::New<KernelEnum>(env, "kernelEnum");
  exports["structLayout"] = Napi::Function::New<StructLayout>(env, "structLayout");
  exports["readKernelFile"] = Napi::Function::New<ReadKernelFile>(env, "readKernelFile");
  exports["readInNamespace"] = Napi::Function::New<ReadInNamespace>(env, "readInNamespace");
  exports["enableRunStats"] = Napi::Function::New<EnableRunStats>(env, "enableRunStats");
  exports["requestPacketTimestamps"] = Napi::Function::New<RequestPacketTimestamps>(env, "requestPacketTimestamps");
  exports["realtimeOffsetNs"] = Napi::Function::New<RealtimeOffsetNs>(env, "realtimeOffsetNs");
  exports["sendUnixDatagram"] = Napi::Function::New<SendUnixDatagram>(env, "sendUnixDatagram");
  exports["libbpfVersion"] = libbpf_version_string();
  exports["possibleCpus"] = libbpf_num_possible_cpus();
  return exports;
}

}  // namespace

NODE_API_MODULE(wirelag, Init)
