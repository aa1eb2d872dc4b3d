// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/netlink.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

/// Attributes of a netlink message; empty where one was looked for that is not there.
class Attributes {
 public:
  Attributes() = default;
  Attributes(const char* data, size_t size) : data_(data), size_(size) {}

  bool empty() const { return size_ == 0; }

  /// What is inside the attribute of that type.
  Attributes In(uint16_t type) const {
    size_t offset = 0;
    while (size_ - offset >= NLA_HDRLEN) {
      struct nlattr header;
      memcpy(&header, data_ + offset, sizeof(header));
      if (header.nla_len < NLA_HDRLEN || header.nla_len > size_ - offset) break;
      if ((header.nla_type & NLA_TYPE_MASK) == type)
        return Attributes(data_ + offset + NLA_HDRLEN, header.nla_len - NLA_HDRLEN);
      offset = std::min<size_t>(size_, offset + NLA_ALIGN(header.nla_len));
    }
    return Attributes();
  }

  /// False where the attribute of that type is not there or has another length.
  bool Copy(uint16_t type, void* target, size_t length) const {
    const Attributes found = In(type);
    if (found.size_ != length) return false;
    memcpy(target, found.data_, length);
    return true;
  }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};
