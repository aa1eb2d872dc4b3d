// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <map>
#include <mutex>
#include <string>

/// The process's sockets by the names that requests give them. Names are shared by all threads.
class Sockets {
 public:
  static Sockets& All() {
    static Sockets sockets;
    return sockets;
  }

  /// -1 for a name that is not in use.
  int Find(const std::string& name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = descriptors_.find(name);
    return found == descriptors_.end() ? -1 : found->second;
  }

  void Put(const std::string& name, int descriptor) {
    const std::lock_guard<std::mutex> lock(mutex_);
    descriptors_[name] = descriptor;
  }

  void Remove(const std::string& name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    descriptors_.erase(name);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> descriptors_;
};

/// An IPv4 or IPv6 address and port as the system calls want it.
struct Address {
  struct sockaddr_storage storage = {};
  socklen_t length = 0;

  /// False for text that is no address.
  bool Parse(const std::string& text, int port);
};
