// SPDX-License-Identifier: Apache-2.0
#include "operations.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <map>

#include "bulk.h"
#include "clock.h"
#include "conntrack_fill.h"
#include "files.h"
#include "laps.h"
#include "raw_syns.h"
#include "script.h"
#include "send_ways.h"
#include "slow_receive.h"
#include "sockets.h"
#include "uring_accept.h"
#include "wire.h"

namespace {

using Words = std::vector<std::string>;

Outcome Failed(int error) { return {error, {}}; }
Outcome Done(long long result) { return {0, std::to_string(result)}; }
/// Of a system call that returns -1 for an error.
Outcome Returned(long long result) { return result < 0 ? Failed(errno) : Done(result); }

std::string Word(const Words& words, size_t index) { return index < words.size() ? words[index] : std::string(); }
long Number(const Words& words, size_t index) { return strtol(Word(words, index).c_str(), nullptr, 10); }
int Socket(const Words& words, size_t index) { return Sockets::All().Find(Word(words, index)); }

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes.push_back(static_cast<char>(strtol(hex.substr(i, 2).c_str(), nullptr, 16)));
  return bytes;
}

int PortOf(int descriptor) {
  struct sockaddr_storage storage = {};
  socklen_t length = sizeof(storage);
  if (getsockname(descriptor, reinterpret_cast<struct sockaddr*>(&storage), &length)) return -1;
  return ntohs(reinterpret_cast<struct sockaddr_in*>(&storage)->sin_port);
}

/// Names a descriptor that a system call made; the result is its local port.
Outcome Keep(const std::string& name, int descriptor) {
  if (descriptor < 0) return Failed(errno);
  Sockets::All().Put(name, descriptor);
  return Done(PortOf(descriptor));
}

int ReceiveFlags(const Words& words, size_t from) {
  static const std::map<std::string, int> flags = {
      {"peek", MSG_PEEK}, {"waitall", MSG_WAITALL}, {"dontwait", MSG_DONTWAIT}, {"trunc", MSG_TRUNC}};
  int result = 0;
  for (size_t i = from; i < words.size(); i++) {
    const auto flag = flags.find(words[i]);
    if (flag != flags.end()) result |= flag->second;
  }
  return result;
}

/// tcp NAME 4|6
Outcome Tcp(const Words& words) { return Keep(Word(words, 1), socket(Word(words, 2) == "6" ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

/// udp NAME 4|6
Outcome Udp(const Words& words) { return Keep(Word(words, 1), socket(Word(words, 2) == "6" ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }

/// listen NAME ADDRESS PORT BACKLOG: makes it, binds it, listens; the result is the port
Outcome Listen(const Words& words) {
  Address address;
  if (!address.Parse(Word(words, 2), static_cast<int>(Number(words, 3)))) return Failed(EINVAL);
  const int descriptor = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1, zero = 0;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
  if (bind(descriptor, reinterpret_cast<struct sockaddr*>(&address.storage), address.length) ||
      listen(descriptor, static_cast<int>(Number(words, 4))))
    return Failed(errno);
  return Keep(Word(words, 1), descriptor);
}

/// bind NAME ADDRESS PORT
Outcome Bind(const Words& words) {
  Address address;
  if (!address.Parse(Word(words, 2), static_cast<int>(Number(words, 3)))) return Failed(EINVAL);
  return Returned(bind(Socket(words, 1), reinterpret_cast<struct sockaddr*>(&address.storage), address.length));
}

/// connect NAME ADDRESS PORT: the result is the local port
Outcome Connect(const Words& words) {
  Address address;
  if (!address.Parse(Word(words, 2), static_cast<int>(Number(words, 3)))) return Failed(EINVAL);
  const int descriptor = Socket(words, 1);
  if (connect(descriptor, reinterpret_cast<struct sockaddr*>(&address.storage), address.length)) return Failed(errno);
  return Done(PortOf(descriptor));
}

/// accept LISTENER NAME [uring | plain]: the result is the local port
Outcome Accept(const Words& words) {
  const int listener = Socket(words, 1);
  const std::string way = Word(words, 3);
  return Keep(Word(words, 2), way == "uring"   ? UringAccept(listener)
                              : way == "plain" ? accept(listener, nullptr, nullptr)
                                               : accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
}

/// option NAME OPTION VALUE
Outcome Option(const Words& words) {
  static const std::map<std::string, std::pair<int, int>> options = {
      {"nodelay", {IPPROTO_TCP, TCP_NODELAY}}, {"rcvbuf", {SOL_SOCKET, SO_RCVBUFFORCE}},
      {"sndbuf", {SOL_SOCKET, SO_SNDBUFFORCE}}, {"rcvlowat", {SOL_SOCKET, SO_RCVLOWAT}},
      {"syncnt", {IPPROTO_TCP, TCP_SYNCNT}}};
  const int descriptor = Socket(words, 1);
  const int value = static_cast<int>(Number(words, 3));
  if (Word(words, 2) == "linger") {
    const struct linger linger = {1, value};
    return Returned(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
  }
  if (Word(words, 2) == "nonblock")
    return Returned(fcntl(descriptor, F_SETFL, value ? O_NONBLOCK : 0));
  const auto option = options.find(Word(words, 2));
  if (option == options.end()) return Failed(EINVAL);
  return Returned(setsockopt(descriptor, option->second.first, option->second.second, &value, sizeof(value)));
}

/// send NAME BYTES: the result is how many were sent
Outcome Send(const Words& words) {
  const std::string data(static_cast<size_t>(Number(words, 2)), 'x');
  return Returned(send(Socket(words, 1), data.data(), data.size(), MSG_NOSIGNAL));
}

/// send-hex NAME HEX: bytes that mean something; the result is how many were sent
Outcome SendHex(const Words& words) {
  const std::string data = FromHex(Word(words, 2));
  return Returned(send(Socket(words, 1), data.data(), data.size(), MSG_NOSIGNAL));
}

/// send-by write|writev|file|splice NAME BYTES: the result is how many were sent
Outcome SendBy(const Words& words) {
  static const std::map<std::string, long (*)(int, size_t)> ways = {
      {"write", SendByWrite}, {"writev", SendByWritev}, {"file", SendByFile}, {"splice", SendBySplice}};
  const auto way = ways.find(Word(words, 1));
  if (way == ways.end()) return Failed(EINVAL);
  return Returned(way->second(Socket(words, 2), static_cast<size_t>(Number(words, 3))));
}

/// send-many NAME COUNT BYTES: in as many calls; the result is how many bytes were sent
Outcome SendManyTimes(const Words& words) {
  return Returned(SendAgain(Socket(words, 1), static_cast<int>(Number(words, 2)), static_cast<size_t>(Number(words, 3))));
}

/// sendmmsg NAME COUNT BYTES: the result is how many datagrams were sent
Outcome SendMultiple(const Words& words) {
  return Returned(SendManyAtOnce(Socket(words, 1), static_cast<int>(Number(words, 2)), static_cast<size_t>(Number(words, 3))));
}

/// bind-cpu NUMBER: this thread runs on that processor alone
Outcome BindCpu(const Words& words) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(Number(words, 1)), &set);
  return Returned(sched_setaffinity(0, sizeof(set), &set));
}

/// spin MS: uses its processor
Outcome Spin(const Words& words) {
  const long long end_ns = NowNs() + Number(words, 1) * 1000000LL;
  while (NowNs() < end_ns) {
  }
  return Done(0);
}

/// recv NAME BYTES [peek | waitall | dontwait | trunc ...]: the result is how many were received
Outcome Receive(const Words& words) {
  std::string data(static_cast<size_t>(Number(words, 2)), 0);
  return Returned(recv(Socket(words, 1), data.data(), data.size(), ReceiveFlags(words, 3)));
}

/// slow-recv NAME BYTES MS: see slow_receive.h
Outcome ReceiveSlowly(const Words& words) {
  return Returned(SlowReceive(Socket(words, 1), static_cast<unsigned long>(Number(words, 2)), static_cast<int>(Number(words, 3))));
}

/// splice NAME BYTES: into a pipe
Outcome Splice(const Words& words) {
  int ends[2];
  if (pipe(ends)) return Failed(errno);
  const Outcome outcome = Returned(splice(Socket(words, 1), nullptr, ends[1], nullptr, static_cast<size_t>(Number(words, 2)), 0));
  close(ends[0]);
  close(ends[1]);
  return outcome;
}

/// poll NAME in|out MS: the result is how many are ready, 0 or 1
Outcome Poll(const Words& words) {
  struct pollfd entry = {Socket(words, 1), static_cast<short>(Word(words, 2) == "in" ? POLLIN : POLLOUT), 0};
  return Returned(poll(&entry, 1, static_cast<int>(Number(words, 3))));
}

/// shutdown NAME
Outcome Shutdown(const Words& words) { return Returned(shutdown(Socket(words, 1), SHUT_WR)); }

/// close NAME
Outcome Close(const Words& words) {
  const int descriptor = Socket(words, 1);
  Sockets::All().Remove(Word(words, 1));
  return Returned(close(descriptor));
}

/// disconnect NAME: as connect() to AF_UNSPEC does
Outcome Disconnect(const Words& words) {
  struct sockaddr address = {};
  address.sa_family = AF_UNSPEC;
  return Returned(connect(Socket(words, 1), &address, sizeof(address)));
}

/// sleep MS
Outcome Sleep(const Words& words) {
  const long ms = Number(words, 1);
  const struct timespec duration = {ms / 1000, (ms % 1000) * 1000000L};
  return Returned(nanosleep(&duration, nullptr));
}

/// tid
Outcome ThreadId(const Words&) { return Done(syscall(SYS_gettid)); }

/// comm HEX: the name of this thread
Outcome Comm(const Words& words) { return Returned(prctl(PR_SET_NAME, FromHex(Word(words, 1)).c_str())); }

/// fork OPERATION ARGUMENTS ; OPERATION ARGUMENTS ; ...: performed by a child that then ends; the result is its pid
Outcome Fork(const Words& words) {
  const pid_t child = fork();
  if (child != 0) return Returned(child);
  _exit(RunScript(ParseScript(words, 1)).error ? 1 : 0);
}

/// repeat COUNT OPERATION ARGUMENTS ; OPERATION ARGUMENTS ; ...: 0: for ever, until one fails
Outcome Repeat(const Words& words) { return RepeatScript(ParseScript(words, 2), Number(words, 1)); }

/// try OPERATION ARGUMENTS: succeeds also where it fails, with the errno as its result
Outcome Try(const Words& words) {
  const Outcome outcome = RunOperation(Words(words.begin() + 1, words.end()));
  return outcome.error ? Done(outcome.error) : outcome;
}

/// lap-begin
Outcome LapBegin(const Words&) {
  BeginLap();
  return Done(0);
}

/// lap-end
Outcome LapEnd(const Words&) {
  EndLap();
  return Done(0);
}

/// laps PERCENT: of those since the last time that it was asked for; see laps.h
Outcome Laps(const Words& words) { return Returned(TakeLaps(Number(words, 1))); }

/// end-after SECONDS: the process ends itself then, whatever it does
Outcome EndAfter(const Words& words) { return Done(alarm(static_cast<unsigned>(Number(words, 1)))); }

/// nice VALUE: of this thread
Outcome Nice(const Words& words) {
  return Returned(setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), static_cast<int>(Number(words, 1))));
}

/// wait PID: the result is its exit status
Outcome Wait(const Words& words) {
  int status = 0;
  if (waitpid(static_cast<pid_t>(Number(words, 1)), &status, 0) < 0) return Failed(errno);
  return Done(WEXITSTATUS(status));
}

/// connect-many ADDRESS PORT COUNT
Outcome ConnectManyTimes(const Words& words) {
  Address address;
  if (!address.Parse(Word(words, 1), static_cast<int>(Number(words, 2)))) return Failed(EINVAL);
  return Returned(ConnectMany(address, Number(words, 3)));
}

/// accept-many LISTENER COUNT
Outcome AcceptManyTimes(const Words& words) { return Returned(AcceptMany(Socket(words, 1), Number(words, 2))); }

/// serve-pending LISTENER BYTES: see bulk.h
Outcome ServePendingOnce(const Words& words) {
  return Returned(ServePending(Socket(words, 1), static_cast<size_t>(Number(words, 2))));
}

/// ping-pong NAME NAME COUNT
Outcome PingPongTimes(const Words& words) { return Returned(PingPong(Socket(words, 1), Socket(words, 2), Number(words, 3))); }

/// raw-syns ADDRESS PORT COUNT: see raw_syns.h
Outcome RawSyns(const Words& words) {
  Address address;
  if (!address.Parse(Word(words, 1), static_cast<int>(Number(words, 2)))) return Failed(EINVAL);
  return Returned(SendRawSyns(*reinterpret_cast<struct sockaddr_in*>(&address.storage), Number(words, 3)));
}

/// carry DEVICE DEVICE MS: see wire.h
Outcome Carry(const Words& words) { return Returned(CarryFrames(Word(words, 1), Word(words, 2), Number(words, 3))); }

/// fill-conntrack COUNT: see conntrack_fill.h
Outcome FillConntrackTable(const Words& words) { return Returned(FillConntrack(Number(words, 1))); }

/// append PATH-IN-HEX BYTES
Outcome Append(const Words& words) { return Returned(AppendTo(FromHex(Word(words, 1)), Number(words, 2))); }

/// read-pages PATH-IN-HEX COUNT
Outcome ReadPagesOf(const Words& words) { return Returned(ReadPages(FromHex(Word(words, 1)), Number(words, 2))); }

}  // namespace

bool Address::Parse(const std::string& text, int port) {
  storage = {};
  auto* v4 = reinterpret_cast<struct sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<struct sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<uint16_t>(port));
    length = sizeof(*v4);
    return true;
  }
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(static_cast<uint16_t>(port));
  length = sizeof(*v6);
  return inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1;
}

Outcome RunOperation(const Words& words) {
  static const std::map<std::string, std::function<Outcome(const Words&)>> operations = {
      {"tcp", Tcp},           {"listen", Listen},         {"bind", Bind},
      {"connect", Connect},   {"accept", Accept},         {"option", Option},
      {"send", Send},         {"recv", Receive},          {"slow-recv", ReceiveSlowly},
      {"splice", Splice},     {"poll", Poll},             {"shutdown", Shutdown},
      {"close", Close},       {"disconnect", Disconnect}, {"sleep", Sleep},
      {"tid", ThreadId},      {"comm", Comm},             {"fork", Fork},
      {"wait", Wait},         {"connect-many", ConnectManyTimes},
      {"accept-many", AcceptManyTimes}, {"ping-pong", PingPongTimes},
      {"udp", Udp},           {"send-by", SendBy},        {"send-many", SendManyTimes},
      {"sendmmsg", SendMultiple}, {"spin", Spin},           {"bind-cpu", BindCpu},
      {"repeat", Repeat},     {"try", Try},               {"lap-begin", LapBegin},
      {"lap-end", LapEnd},    {"laps", Laps},             {"end-after", EndAfter},
      {"nice", Nice},         {"serve-pending", ServePendingOnce},
      {"send-hex", SendHex},
      {"raw-syns", RawSyns},  {"carry", Carry},           {"fill-conntrack", FillConntrackTable},
      {"append", Append},     {"read-pages", ReadPagesOf},
  };
  const auto operation = operations.find(Word(words, 0));
  return operation == operations.end() ? Failed(EINVAL) : operation->second(words);
}

bool BringLoopbackUp() {
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = {};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  const bool is_up = ioctl(descriptor, SIOCSIFFLAGS, &request) == 0;
  close(descriptor);
  return is_up;
}
