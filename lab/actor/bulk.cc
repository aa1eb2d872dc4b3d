// SPDX-License-Identifier: Apache-2.0
#include "bulk.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

long ConnectMany(const Address& address, long count) {
  for (long i = 0; i < count; i++) {
    const int descriptor = socket(address.storage.ss_family, SOCK_STREAM, 0);
    if (descriptor < 0) return -1;
    const struct linger reset = {1, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    const int failed = connect(descriptor, reinterpret_cast<const struct sockaddr*>(&address.storage), address.length);
    const int error = errno;
    close(descriptor);
    if (failed && error != ECONNREFUSED) {
      errno = error;
      return -1;
    }
  }
  return count;
}

long AcceptMany(int listener, long count) {
  for (long i = 0; i < count; i++) {
    const int descriptor = accept4(listener, nullptr, nullptr, 0);
    if (descriptor < 0) return -1;
    char byte;
    while (recv(descriptor, &byte, 1, 0) > 0) {
    }
    close(descriptor);
  }
  return count;
}

long PingPong(int a, int b, long count) {
  char byte = 0;
  for (long i = 0; i < count; i++) {
    if (send(a, &byte, 1, MSG_NOSIGNAL) != 1 || recv(b, &byte, 1, 0) != 1) return -1;
    if (send(b, &byte, 1, MSG_NOSIGNAL) != 1 || recv(a, &byte, 1, 0) != 1) return -1;
  }
  return count;
}

long ServePending(int listener, size_t bytes) {
  std::string data(bytes, 'x');
  struct pollfd entry = {listener, POLLIN, 0};
  long served = 0;
  for (; poll(&entry, 1, 0) > 0; served++) {
    const int descriptor = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return -1;
    const bool is_request = recv(descriptor, data.data(), bytes, MSG_WAITALL) == static_cast<ssize_t>(bytes);
    if (is_request) send(descriptor, data.data(), bytes, MSG_NOSIGNAL);
    close(descriptor);
  }
  return served;
}
