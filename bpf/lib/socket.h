/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_SOCKET_H
#define WIRELAG_SOCKET_H

#include <kernel.h>
#include "../wire/wire.h"
#include "config.h"

/* TCP sequence numbers wrap: a is before b within half the space. */
static __always_inline bool seq_before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

static __always_inline bool is_inet(const struct sock *sk, __u16 protocol)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return (family == AF_INET || family == AF_INET6) && BPF_CORE_READ(sk, sk_protocol) == protocol;
}

static __always_inline bool is_tcp(const struct sock *sk)
{
	return is_inet(sk, IPPROTO_TCP);
}

/*
 * How a handler may read its socket: a program of a tp_btf, fentry or iterator gets it with its type, and then plain
 * loads, sk_storage and helpers that want a socket will do; for others it is but an address. A compile-time constant.
 */
#define TYPED true
#define UNTYPED false

/* A field of a socket, a task or what they lead to. */
#define FIELD(typed, from, field) ((typed) ? (from)->field : BPF_CORE_READ(from, field))

/*
 * True while a task holds the socket's lock, in the context of that task: then the current task is a user of this very
 * socket, and no bystander. In softirq the lock's spinlock is held and `owned` is 0.
 */
static __always_inline bool is_owned_by_current(const struct sock *sk, bool typed)
{
	return FIELD(typed, sk, sk_lock.owned) != 0;
}

/*
 * Names the socket for as long as it lives: its cookie, as `ss -e` shows it. Where the kernel gives none to this program,
 * one that was made before, else a number that does not give the socket's address away.
 */
static __always_inline __u64 connection_id(const void *sk, bool typed)
{
	__u64 cookie, address = 0;

	if (typed && cfg.has_cookie)
		return bpf_get_socket_cookie((void *)sk);
	cookie = BPF_CORE_READ((const struct sock_common *)sk, skc_cookie.counter);
	if (cookie)
		return cookie;
	/* As a number: the verifier allows no arithmetic with a typed pointer. */
	bpf_probe_read_kernel(&address, sizeof(address), &sk);
	return ((address >> 4) ^ cfg.epoch_ns) & ((1ULL << 52) - 1);
}

static __always_inline void map_ipv4(struct wl_address *out, __be32 address)
{
	out->words[0] = 0;
	out->words[1] = 0;
	out->words[2] = bpf_htonl(0xffff);
	out->words[3] = address;
}

static __always_inline bool is_ipv4_mapped(const struct wl_address *address)
{
	return !address->words[0] && !address->words[1] && address->words[2] == bpf_htonl(0xffff);
}

static __always_inline void read_address(bool typed, const struct in6_addr *from, struct wl_address *out)
{
	if (!typed) {
		BPF_CORE_READ_INTO(&out->words, from, in6_u.u6_addr32);
		return;
	}
	for (int i = 0; i < 4; i++)
		out->words[i] = from->in6_u.u6_addr32[i];
}

static __always_inline void read_peer_address(const struct sock *sk, bool typed, struct wl_address *out)
{
	if (FIELD(typed, sk, __sk_common.skc_family) == AF_INET6)
		read_address(typed, &sk->__sk_common.skc_v6_daddr, out);
	else
		map_ipv4(out, FIELD(typed, sk, __sk_common.skc_daddr));
}

static __always_inline __u32 netns_of(const struct sock *sk, bool typed)
{
	struct net *net = FIELD(typed, sk, __sk_common.skc_net.net);

	return FIELD(typed, net, ns.inum);
}

/* It is inet_sport: skc_num is already 0 at CLOSE. */
static __always_inline __u16 local_port_of(const struct sock *sk)
{
	return bpf_ntohs(BPF_CORE_READ((const struct inet_sock *)sk, inet_sport));
}

static __always_inline __u16 peer_port_of(const struct sock *sk, bool typed)
{
	return bpf_ntohs(FIELD(typed, sk, __sk_common.skc_dport));
}

static __always_inline void read_tuple(const struct sock *sk, bool typed, struct wl_tuple *out)
{
	if (FIELD(typed, sk, __sk_common.skc_family) == AF_INET6)
		read_address(typed, &sk->__sk_common.skc_v6_rcv_saddr, &out->local_address);
	else
		map_ipv4(&out->local_address, FIELD(typed, sk, __sk_common.skc_rcv_saddr));
	read_peer_address(sk, typed, &out->peer_address);
	out->netns = netns_of(sk, typed);
	out->local_port = local_port_of(sk);
	out->peer_port = peer_port_of(sk, typed);
}

/*
 * The socket behind a descriptor of the current task, as an untyped address. What is none gives any address, or NULL, of
 * which nothing that is read makes sense.
 */
static __always_inline struct sock *socket_of_descriptor(__u32 fd)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct file **files = BPF_CORE_READ(task, files, fdt, fd);
	struct file *file = NULL;
	struct socket *socket;

	if (bpf_probe_read_kernel(&file, sizeof(file), files + fd) || !file)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return socket ? BPF_CORE_READ(socket, sk) : NULL;
}

/* The TCP socket behind a descriptor; NULL for anything else. */
static __always_inline struct sock *tcp_socket_of_descriptor(__u32 fd)
{
	struct sock *sk = socket_of_descriptor(fd);

	return sk && is_tcp(sk) ? sk : NULL;
}

#endif
