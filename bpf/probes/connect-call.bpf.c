// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect() calls that fail inside the call: no route, no permission, no free port. Such a socket either never reaches
 * SYN_SENT or leaves it without an error of its own; only the call's result says why.
 */
#include "../lib/open-event.h"
#include "../maps/connect-calls.h"
#include "../maps/selected.h"

/* Results that are no end of an attempt, or no attempt at all. -512 to -516: the kernel restarts the call. */
static __always_inline bool is_attempt_failure(long result)
{
	switch (-result) {
	case EINPROGRESS:
	case EALREADY:
	case EISCONN:
	case EINTR:
	case EAGAIN:
	case EBADF:
	case ENOTSOCK:
	case EFAULT:
		return false;
	}
	return result < 0 && result > -512;
}

/* Where to, from the caller's sockaddr: the socket itself has forgotten. */
static __always_inline void read_destination(const void *address, struct wl_tuple *out)
{
	struct {
		__u16 family;
		__be16 port;
		__be32 ipv4_or_flowinfo;
		__u32 ipv6[4];
	} sockaddr = {};

	bpf_probe_read_user(&sockaddr, sizeof(sockaddr), address);
	if (sockaddr.family == AF_INET6)
		__builtin_memcpy(&out->peer_address, sockaddr.ipv6, sizeof(sockaddr.ipv6));
	else
		map_ipv4(&out->peer_address, sockaddr.ipv4_or_flowinfo);
	out->peer_port = bpf_ntohs(sockaddr.port);
}

static __always_inline void handle_connect_result(const struct connect_call *call, long result)
{
	struct wl_open_event event = {
		.kind = WL_EVENT_KIND_FAIL,
		.error = -result,
		.accept_queue_ns = WL_UNKNOWN_NS,
	};
	__u64 now_ns;
	struct sock *sk;

	if (!is_attempt_failure(result) || (call->syn_sent && !call->closed))
		return;
	sk = tcp_socket_of_descriptor(call->fd);
	if (!sk)
		return;
	now_ns = bpf_ktime_get_ns();
	event.handshake_ns = now_ns - call->entered_ns;
	read_tuple(sk, false, &event.tuple);
	read_destination((const void *)call->address, &event.tuple);
	read_current_task(&event.owner, WL_OWNER_SOURCE_SYSCALL);
	emit_open(&event, WL_SIGNAL_CONNECT, now_ns, is_selected(event.owner.pid), is_slow(event.handshake_ns));
}

SEC("tracepoint/syscalls/sys_enter_connect")
int connect_call_enter(struct trace_event_raw_sys_enter *ctx)
{
	struct connect_call call = {
		.address = ctx->args[1],
		.entered_ns = bpf_ktime_get_ns(),
		.fd = ctx->args[0],
	};
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	bpf_map_update_elem(&connect_calls, &tid, &call, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_connect")
int connect_call_exit(struct trace_event_raw_sys_exit *ctx)
{
	struct connect_call *call = current_connect_call();
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	if (!call)
		return 0;
	handle_connect_result(call, ctx->ret);
	bpf_map_delete_elem(&connect_calls, &tid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
