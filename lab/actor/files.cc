// SPDX-License-Identifier: Apache-2.0
#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <random>
#include <vector>

namespace {

constexpr off_t kPageBytes = 4096;

class File {
 public:
  File(const std::string& path, int flags) : descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    const int error = errno;
    if (descriptor_ >= 0) close(descriptor_);
    errno = error;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Again and again, as the kernel takes only those that are read often for pages that somebody needs. Reads of the same
/// page one after the other count as one.
bool ReadTogether(int file, const std::array<off_t, 4>& pages) {
  char bytes[kPageBytes];
  for (int time = 0; time < 6; time++)
    for (const off_t page : pages)
      if (pread(file, bytes, sizeof(bytes), page * kPageBytes) < 0) return false;
  return true;
}

}  // namespace

long AppendTo(const std::string& path, long bytes) {
  const File file(path, O_WRONLY | O_CREAT | O_APPEND);
  if (file.get() < 0) return -1;
  const std::vector<char> zeros(static_cast<size_t>(bytes));
  return write(file.get(), zeros.data(), zeros.size());
}

long ReadPages(const std::string& path, long count) {
  thread_local std::minstd_rand random(std::random_device{}());
  const File file(path, O_RDONLY);
  struct stat status;
  if (file.get() < 0 || fstat(file.get(), &status)) return -1;
  if (status.st_size < kPageBytes) {
    errno = EINVAL;
    return -1;
  }
  posix_fadvise(file.get(), 0, 0, POSIX_FADV_RANDOM);
  std::uniform_int_distribution<off_t> page(0, status.st_size / kPageBytes - 1);
  for (long i = 0; i < count; i++)
    if (!ReadTogether(file.get(), {page(random), page(random), page(random), page(random)})) return -1;
  return count;
}
