// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who accepted a connection, and how long it had waited in the accept queue: from ESTABLISHED of the child socket to the
 * return of accept() in the task that called it. A thread that waits in accept() is not the child's owner before that.
 */
#include "../lib/accepted.h"
#include "../lib/passive-open.h"

/*
 * The kernel puts a child into the accept queue before it makes it ESTABLISHED, so another CPU may have accepted it by
 * then: its entry begins here, or has just begun after `now`, and it has not waited.
 */
static __always_inline void handle_accept_return(const struct sock *sk, bool typed)
{
	struct connection *connection = connection_of(sk);
	__u64 now_ns = bpf_ktime_get_ns();

	if (!connection) {
		begin_passive(sk, typed, now_ns);
		connection = connection_of(sk);
	}
	if (connection)
		handle_accepted(sk, typed, connection, WL_OWNER_SOURCE_SYSCALL, now_ns);
}

static __always_inline int handle_accept_syscall(long result)
{
	struct sock *sk = result < 0 ? NULL : tcp_socket_of_descriptor(result);

	if (sk)
		handle_accept_return(sk, UNTYPED);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_accept")
int accept_call_exit(struct trace_event_raw_sys_exit *ctx)
{
	return handle_accept_syscall(ctx->ret);
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int accept4_call_exit(struct trace_event_raw_sys_exit *ctx)
{
	return handle_accept_syscall(ctx->ret);
}

/* inet_csk_accept() took two arguments in place of four in 6.10 (92ef0fd55ac8). */
SEC("fexit/inet_csk_accept")
int BPF_PROG(accept_return2_fexit, struct sock *listener, void *arg, struct sock *child)
{
	if (child)
		handle_accept_return(child, TYPED);
	return 0;
}

SEC("fexit/inet_csk_accept")
int BPF_PROG(accept_return4_fexit, struct sock *listener, int flags, int *error, bool kern, struct sock *child)
{
	if (child)
		handle_accept_return(child, TYPED);
	return 0;
}

SEC("kretprobe/inet_csk_accept")
int BPF_KRETPROBE(accept_return_kretprobe, struct sock *child)
{
	if (child)
		handle_accept_return(child, UNTYPED);
	return 0;
}

SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(accept_first_use_tp, struct sock *sk)
{
	return handle_first_use(sk, TYPED);
}

SEC("fentry/tcp_rcv_space_adjust")
int BPF_PROG(accept_first_use_fentry, struct sock *sk)
{
	return handle_first_use(sk, TYPED);
}

SEC("kprobe/tcp_rcv_space_adjust")
int BPF_KPROBE(accept_first_use_kprobe, struct sock *sk)
{
	return handle_first_use(sk, UNTYPED);
}

char LICENSE[] SEC("license") = "GPL";
