/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_TYPED_CAST_H
#define WIRELAG_TYPED_CAST_H

#include "config.h"

/*
 * Casts that let plain loads read what is but an address, at no cost, where the kernel has them (6.2).
 * Only for one object: libbpf 1.1 cannot link two that name the same kernel function.
 */

extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym __weak;

/* The TCP part of a typed TCP socket. Elsewhere the helper is a call. */
static __always_inline struct tcp_sock *tcp_sock_of(struct sock *sk)
{
	if (cfg.has_rdonly_cast)
		return bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock));
	return bpf_skc_to_tcp_sock(sk);
}

/* Only where cfg.has_rdonly_cast. */
static __always_inline const struct task_struct *task_at(const void *address)
{
	return bpf_rdonly_cast(address, bpf_core_type_id_kernel(struct task_struct));
}

#endif
