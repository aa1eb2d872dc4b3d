// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include <cstdint>

/// One direction of a flow, as it crosses to JavaScript: 40 bytes. IPv4 addresses are IPv4-mapped; what is no IPv4-mapped
/// address is IPv6. Integers are the host's, which is little-endian.
struct ConntrackTuple {
  uint8_t source[16];
  uint8_t destination[16];
  uint16_t source_port;
  uint16_t destination_port;
  /// IPPROTO_TCP or IPPROTO_UDP.
  uint8_t protocol;
  uint8_t zero[3];
};
static_assert(sizeof(ConntrackTuple) == 40);

/// What connection tracking knows of a query, 80 bytes: all zero (so protocol 0) where it knows nothing.
struct ConntrackAnswer {
  /// As the flow came in.
  ConntrackTuple original;
  /// As its replies come in: with source and destination exchanged, where the flow goes after translation.
  ConntrackTuple reply;
};
static_assert(sizeof(ConntrackAnswer) == 80);

/// `conntrackLookup(netnsPath, queries)`: asks connection tracking in the network namespace at the path ("" for the current
/// one) for each ConntrackTuple in the Buffer `queries`, which may be the original or the reply direction of a flow of the
/// default zone; a promise of a Buffer with a ConntrackAnswer for each, in their order. Where the kernel has no connection
/// tracking, nothing is known.
///
/// Throws a RangeError for a Buffer that does not hold whole tuples. Rejects with an errno Error: ENOENT, ESRCH, ENOTDIR or
/// EINVAL where the namespace is gone, EPERM or EACCES where rights are missing, ETIMEDOUT after a second of silence.
Napi::Value ConntrackLookup(const Napi::CallbackInfo& info);
