/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_PASSIVE_OPEN_H
#define WIRELAG_PASSIVE_OPEN_H

#include "../maps/connections.h"
#include "socket.h"

/*
 * Begins the entry of a connection that the peer opened, established at `now`.
 *
 * Its handshake is the round trip from SYN-ACK to ACK, which the kernel has just measured as the first srtt
 * (tcp_synack_rtt_meas); it measures none where the SYN-ACK was sent twice or a SYN cookie was used.
 */
SUBPROGRAM void begin_passive(const struct sock *sk, bool typed, __u64 now_ns)
{
	__u32 srtt_us = BPF_CORE_READ((const struct tcp_sock *)sk, srtt_us) >> 3;
	struct connection connection = {
		.id = connection_id(sk, typed),
		.established_ns = now_ns,
		.handshake_ns = srtt_us ? srtt_us * 1000ULL : WL_UNKNOWN_NS,
		.flags = WL_CONNECTION_FLAG_PASSIVE,
	};

	connection_begin(sk, &connection);
}

#endif
