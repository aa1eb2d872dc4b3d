// SPDX-License-Identifier: Apache-2.0
#include "send_ways.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <string>
#include <vector>

long SendByWrite(int descriptor, size_t bytes) {
  const std::string data(bytes, 'x');
  return write(descriptor, data.data(), bytes);
}

long SendByWritev(int descriptor, size_t bytes) {
  std::string data(bytes, 'x');
  struct iovec parts[2] = {{data.data(), bytes / 2}, {data.data() + bytes / 2, bytes - bytes / 2}};
  return writev(descriptor, parts, 2);
}

long SendByFile(int descriptor, size_t bytes) {
  const int file = memfd_create("data", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, static_cast<off_t>(bytes))) return -1;
  off_t offset = 0;
  const long sent = sendfile(descriptor, file, &offset, bytes);
  close(file);
  return sent;
}

long SendBySplice(int descriptor, size_t bytes) {
  int ends[2];
  if (pipe(ends)) return -1;
  const std::string data(bytes, 'x');
  long sent = write(ends[1], data.data(), bytes);
  if (sent > 0) sent = splice(ends[0], nullptr, descriptor, nullptr, static_cast<size_t>(sent), 0);
  close(ends[0]);
  close(ends[1]);
  return sent;
}

long SendManyAtOnce(int descriptor, int count, size_t bytes) {
  std::string data(bytes, 'x');
  struct iovec part = {data.data(), bytes};
  std::vector<struct mmsghdr> messages(static_cast<size_t>(count));
  for (struct mmsghdr& message : messages) {
    message.msg_hdr.msg_iov = &part;
    message.msg_hdr.msg_iovlen = 1;
  }
  return sendmmsg(descriptor, messages.data(), static_cast<unsigned>(count), 0);
}

long SendAgain(int descriptor, int count, size_t bytes) {
  const std::string data(bytes, 'x');
  long sent = 0;
  for (int i = 0; i < count; i++) {
    const long taken = send(descriptor, data.data(), bytes, MSG_NOSIGNAL);
    if (taken < 0) return -1;
    sent += taken;
  }
  return sent;
}
