// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect() calls that fail inside the call: no route, no permission, no free port. Such a socket either never reaches
 * SYN_SENT or leaves it without an error of its own; only the call's result says why.
 */
#include "../lib/open-event.h"
#include "../maps/connect-calls.h"
#include "../maps/edges.h"
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

/* Where to, from the sockaddr: the socket itself has forgotten. */
static __always_inline void read_destination(const struct connect_call *call, struct wl_tuple *out)
{
	const void *address = (const void *)call->address;
	struct {
		__u16 family;
		__be16 port;
		__be32 ipv4_or_flowinfo;
		__u32 ipv6[4];
	} sockaddr = {};

	if (call->address_is_user)
		bpf_probe_read_user(&sockaddr, sizeof(sockaddr), address);
	else
		bpf_probe_read_kernel(&sockaddr, sizeof(sockaddr), address);
	if (sockaddr.family == AF_INET6)
		__builtin_memcpy(&out->peer_address, sockaddr.ipv6, sizeof(sockaddr.ipv6));
	else
		map_ipv4(&out->peer_address, sockaddr.ipv4_or_flowinfo);
	out->peer_port = bpf_ntohs(sockaddr.port);
}

static __always_inline struct sock *tcp_socket_of_call(const struct connect_call *call)
{
	struct socket *socket = call->socket;
	struct sock *sk;

	if (!socket)
		return tcp_socket_of_descriptor(call->fd);
	sk = BPF_CORE_READ(socket, sk);
	return sk && is_tcp(sk) ? sk : NULL;
}

static __always_inline void report_failure(const struct connect_call *call, long result)
{
	struct wl_open_event event = {
		.kind = WL_EVENT_KIND_FAIL,
		.error = -result,
		.accept_queue_ns = WL_UNKNOWN_NS,
	};
	struct sock *sk = tcp_socket_of_call(call);
	__u64 now_ns = bpf_ktime_get_ns();

	if (!sk)
		return;
	event.connection_id = connection_id(sk, UNTYPED);
	event.handshake_ns = now_ns - call->entered_ns;
	read_tuple(sk, UNTYPED, &event.tuple);
	read_destination(call, &event.tuple);
	read_current_task(&event.owner, WL_OWNER_SOURCE_SYSCALL);
	if (emit_open(&event, WL_SIGNAL_CONNECT, now_ns, is_selected(event.owner.pid), is_slow(event.handshake_ns)) &&
	    cfg.aggregate) {
		struct wl_edge_stats *stats = edge_stats_of(sk, UNTYPED, IPPROTO_TCP, &event.owner);

		if (stats)
			__sync_fetch_and_add(&stats->failures, 1);
	}
}

static __always_inline int handle_connect_result(long result)
{
	struct connect_call *call = current_connect_call();

	if (!call)
		return 0;
	if (is_attempt_failure(result) && (!call->syn_sent || call->closed))
		report_failure(call, result);
	connect_call_end();
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_connect")
int connect_call_enter(struct trace_event_raw_sys_enter *ctx)
{
	struct connect_call call = {
		.address = ctx->args[1],
		.entered_ns = bpf_ktime_get_ns(),
		.fd = ctx->args[0],
		.address_is_user = true,
	};

	connect_call_begin(&call);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_connect")
int connect_call_exit(struct trace_event_raw_sys_exit *ctx)
{
	return handle_connect_result(ctx->ret);
}

static __always_inline void handle_stream_connect(struct socket *socket, const void *address)
{
	struct connect_call call = {
		.address = (__u64)address,
		.entered_ns = bpf_ktime_get_ns(),
		.socket = socket,
	};

	connect_call_begin(&call);
}

SEC("fentry/inet_stream_connect")
int BPF_PROG(connect_call_fentry, struct socket *socket, const void *address)
{
	handle_stream_connect(socket, address);
	return 0;
}

SEC("fexit/inet_stream_connect")
int BPF_PROG(connect_call_fexit, struct socket *socket, const void *address, int length, int flags, int result)
{
	return handle_connect_result(result);
}

SEC("kprobe/inet_stream_connect")
int BPF_KPROBE(connect_call_kprobe, struct socket *socket, const void *address)
{
	handle_stream_connect(socket, address);
	return 0;
}

SEC("kretprobe/inet_stream_connect")
int BPF_KRETPROBE(connect_call_kretprobe, int result)
{
	return handle_connect_result(result);
}

char LICENSE[] SEC("license") = "GPL";
