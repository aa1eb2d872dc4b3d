// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who accepted a connection, and how long it had waited in the accept queue: from ESTABLISHED of the child socket to the
 * return of accept() in the task that called it. A thread that waits in accept() is not the child's owner before that.
 */
#include "../lib/open-event.h"
#include "../maps/selected.h"

static __always_inline void handle_accepted(const struct sock *sk, struct connection *connection, __u32 source,
					    __u64 now_ns)
{
	struct wl_open_event event = {
		.kind = WL_EVENT_KIND_ACCEPT,
		.connection_id = connection->id,
		.handshake_ns = connection->handshake_ns,
		.accept_queue_ns = WL_UNKNOWN_NS,
	};

	if (connection->flags & WL_CONNECTION_FLAG_ACCEPTED)
		return;
	connection->flags |= WL_CONNECTION_FLAG_ACCEPTED;
	read_current_task(&event.owner, source);
	connection->owner = event.owner;
	/* The first use of a socket may come long after its accept. */
	if (source == WL_OWNER_SOURCE_SYSCALL && connection->established_ns)
		event.accept_queue_ns = now_ns - connection->established_ns;
	if (is_selected(event.owner.pid))
		connection->flags |= WL_CONNECTION_FLAG_SELECTED;
	if (is_slow(connection->handshake_ns) || is_slow(event.accept_queue_ns))
		connection->flags |= WL_CONNECTION_FLAG_SLOW;
	read_tuple(sk, false, &event.tuple);
	emit_open(&event, WL_SIGNAL_ACCEPT, now_ns, connection->flags & WL_CONNECTION_FLAG_SELECTED,
		  connection->flags & WL_CONNECTION_FLAG_SLOW);
}

static __always_inline int handle_accept_result(long result)
{
	struct connection *connection;
	struct sock *sk;

	if (result < 0)
		return 0;
	sk = tcp_socket_of_descriptor(result);
	if (!sk)
		return 0;
	connection = connection_of(sk);
	if (connection)
		handle_accepted(sk, connection, WL_OWNER_SOURCE_SYSCALL, bpf_ktime_get_ns());
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_accept")
int accept_call_exit(struct trace_event_raw_sys_exit *ctx)
{
	return handle_accept_result(ctx->ret);
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int accept4_call_exit(struct trace_event_raw_sys_exit *ctx)
{
	return handle_accept_result(ctx->ret);
}

/* Where accept is no syscall (io_uring), or its tracepoint cannot be had: the first task that reads from the socket. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(accept_first_use_tp, struct sock *sk)
{
	struct connection *connection = connection_of(sk);

	if (!connection || (connection->flags & (WL_CONNECTION_FLAG_ACTIVE | WL_CONNECTION_FLAG_ACCEPTED)))
		return 0;
	if (is_owned_by_current(sk))
		handle_accepted(sk, connection, WL_OWNER_SOURCE_FIRST_USE, bpf_ktime_get_ns());
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
