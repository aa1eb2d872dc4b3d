/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_DATAGRAM_H
#define WIRELAG_DATAGRAM_H

#include "../maps/socket-state.h"

/* Datagrams that wait: readers take the whole receive queue over to a queue of their own. */
static __always_inline __u32 unread_datagrams(const struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_receive_queue.qlen) +
	       BPF_CORE_READ((const struct udp_sock *)sk, reader_queue.qlen);
}

/* The socket has one more to read. */
static __always_inline int handle_datagram_queued(struct sock *sk, bool typed)
{
	struct socket_state *state;
	__u32 unread;

	if (FIELD(typed, sk, sk_protocol) != IPPROTO_UDP)
		return 0;
	unread = unread_datagrams(sk);
	if (!unread) /* a reader on another CPU was faster */
		return 0;
	state = socket_state_of(sk, typed, true);
	if (state && (unread == 1 || !state->oldest_ns))
		state->oldest_ns = bpf_ktime_get_ns();
	return 0;
}

#endif
