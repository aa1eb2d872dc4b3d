// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who accepted a connection, and how long it had waited in the accept queue: from ESTABLISHED of the child socket to the
 * return of accept() in the task that called it. A thread that waits in accept() is not the child's owner before that.
 */
#include "../lib/ledger.h"
#include "../lib/open-event.h"
#include "../lib/passive-open.h"
#include "../maps/edges.h"
#include "../maps/selected.h"

static __always_inline void count_accept(const struct sock *sk, bool typed, const struct connection *connection,
					 __u64 accept_queue_ns)
{
	struct wl_edge_stats *stats = owner_edge_stats(sk, typed, connection);

	if (!stats)
		return;
	if (accept_queue_ns != WL_UNKNOWN_NS)
		histogram_add(&stats->stages[WL_STAGE_ACCEPT_QUEUE], accept_queue_ns);
	if (connection->handshake_ns != WL_UNKNOWN_NS)
		histogram_add(&stats->stages[WL_STAGE_HANDSHAKE], connection->handshake_ns);
}

static __always_inline void handle_accepted(const struct sock *sk, bool typed, struct connection *connection,
					    __u32 source, __u64 now_ns)
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
		event.accept_queue_ns = now_ns > connection->established_ns ? now_ns - connection->established_ns : 0;
	if (is_selected(event.owner.pid))
		connection->flags |= WL_CONNECTION_FLAG_SELECTED;
	if (is_slow(connection->handshake_ns) || is_slow(event.accept_queue_ns))
		connection->flags |= WL_CONNECTION_FLAG_SLOW;
	ledger_accepted(sk, now_ns);
	count_accept(sk, typed, connection, event.accept_queue_ns);
	read_tuple(sk, typed, &event.tuple);
	emit_open(&event, WL_SIGNAL_ACCEPT, now_ns, connection->flags & WL_CONNECTION_FLAG_SELECTED,
		  connection->flags & WL_CONNECTION_FLAG_SLOW);
}

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

/* Where accept is no system call (io_uring), or its return cannot be seen: the first task that reads from the socket. */
static __always_inline int handle_first_use(struct sock *sk, bool typed)
{
	struct connection *connection = connection_of(sk);

	if (!connection || (connection->flags & (WL_CONNECTION_FLAG_ACTIVE | WL_CONNECTION_FLAG_ACCEPTED)))
		return 0;
	if (is_owned_by_current(sk, typed))
		handle_accepted(sk, typed, connection, WL_OWNER_SOURCE_FIRST_USE, bpf_ktime_get_ns());
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
