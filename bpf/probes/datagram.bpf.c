// SPDX-License-Identifier: GPL-2.0-only
/*
 * UDP: how long a datagram waited to be read, and how long a thread was inside a send call.
 *
 * Unread: since sk_data_ready (6.3+), or sock_def_readable from which it reports, for the first datagram of an empty
 * queue; for one that others were before, since it came in, as the kernel noted on it (packet-clock.h). Read:
 * sock_recv_length (6.3+), or skb_consume_udp, through which every datagram goes that is read.
 * Sent: from the entry of the system call to sock_send_length (6.3+), or in the functions udp_sendmsg, udpv6_sendmsg.
 */
#include "../lib/datagram.h"
#include "../lib/sample.h"
#include "../maps/packet-clock.h"
#include "../maps/send-calls.h"

/* When the datagram came that is the next to be read; 0: there is none. */
static __always_inline __u64 next_arrival_ns(const struct sock *sk, __u64 now_ns)
{
	const struct udp_sock *up = (const struct udp_sock *)sk;
	struct sk_buff *next = NULL;

	if (BPF_CORE_READ(up, reader_queue.qlen))
		next = BPF_CORE_READ(up, reader_queue.next);
	else if (BPF_CORE_READ(sk, sk_receive_queue.qlen))
		next = BPF_CORE_READ(sk, sk_receive_queue.next);
	return next ? packet_arrival_ns(BPF_CORE_READ(next, tstamp), now_ns) : 0;
}

static __always_inline int handle_datagram_read(struct sock *sk, bool typed)
{
	struct socket_state *state = socket_state_of(sk, typed, true);
	struct current_process reader;
	__u64 now_ns, oldest_ns;
	struct sample sample = {
		.kind = WL_EVENT_KIND_PICKUP,
		.signal = WL_SIGNAL_UDP_PICKUP,
		.stage = WL_STAGE_PICKUP,
		.flags = WL_SAMPLE_FLAG_UDP,
		.protocol = IPPROTO_UDP,
		.rows = cfg.pickup_rows,
		.over_ns = cfg.pickup_over_ns,
	};

	if (!state)
		return 0;
	now_ns = bpf_ktime_get_ns();
	reader = current_process();
	oldest_ns = state->oldest_ns;
	state->oldest_ns = next_arrival_ns(sk, now_ns);
	/* Without a time it was read before it was announced, on another CPU: it did not wait. */
	sample.latency_ns = oldest_ns ? now_ns - oldest_ns : 0;
	take_sample(sk, typed, &sample, state, &reader, now_ns);
	return 0;
}

SEC("tp_btf/sk_data_ready")
int BPF_PROG(datagram_queued_tp, struct sock *sk)
{
	return handle_datagram_queued(sk, TYPED);
}

SEC("fentry/sock_def_readable")
int BPF_PROG(datagram_queued_fentry, struct sock *sk)
{
	return handle_datagram_queued(sk, TYPED);
}

SEC("kprobe/sock_def_readable")
int BPF_KPROBE(datagram_queued_kprobe, struct sock *sk)
{
	return handle_datagram_queued(sk, UNTYPED);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(datagram_read_tp, struct sock *sk, int result, int flags)
{
	if (sk->sk_protocol != IPPROTO_UDP || result < 0 || (flags & (MSG_PEEK | MSG_ERRQUEUE)))
		return 0;
	return handle_datagram_read(sk, TYPED);
}

/* `length` is negative for a peek. */
SEC("fentry/skb_consume_udp")
int BPF_PROG(datagram_read_fentry, struct sock *sk, struct sk_buff *skb, int length)
{
	return length < 0 ? 0 : handle_datagram_read(sk, TYPED);
}

SEC("kprobe/skb_consume_udp")
int BPF_KPROBE(datagram_read_kprobe, struct sock *sk, struct sk_buff *skb, int length)
{
	return length < 0 ? 0 : handle_datagram_read(sk, UNTYPED);
}

static __always_inline int handle_datagram_sent(const struct sock *sk, bool typed, long result)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct send_call *call = send_call_of_thread(tid);
	struct socket_state *state;
	struct current_process sender;
	struct wl_edge_stats *stats;
	__u64 now_ns;
	struct sample sample = {
		.kind = WL_EVENT_KIND_SEND,
		.signal = WL_SIGNAL_UDP_SEND,
		.stage = WL_STAGE_SEND,
		.flags = WL_SAMPLE_FLAG_UDP,
		.protocol = IPPROTO_UDP,
		.rows = cfg.send_rows,
		.over_ns = cfg.send_over_ns,
		.result = result,
	};

	state = call ? socket_state_of(sk, typed, true) : NULL;
	if (!state)
		return 0;
	now_ns = bpf_ktime_get_ns();
	sender = current_process();
	sample.latency_ns = now_ns - call->entered_ns;
	call->entered_ns = now_ns; /* sendmmsg() sends the next at once */
	stats = take_sample(sk, typed, &sample, state, &sender, now_ns);
	if (!stats)
		return 0;
	if (result > 0)
		__sync_fetch_and_add(&stats->sent_bytes, result);
	else if (result == -EAGAIN)
		__sync_fetch_and_add(&stats->would_blocks, 1);
	return 0;
}

static __always_inline int begin_datagram_call(const struct sock *sk)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	begin_send_call_of_thread(tid, sk, bpf_ktime_get_ns());
	return 0;
}

/* Most sends are of other sockets: to look costs less than to note them in vain. */
static __always_inline int begin_datagram_syscall(__u32 fd)
{
	struct sock *sk = socket_of_descriptor(fd);

	return sk && is_inet(sk, IPPROTO_UDP) ? begin_datagram_call(sk) : 0;
}

static __always_inline int end_datagram_call(void)
{
	end_send_call_of_thread((__u32)bpf_get_current_pid_tgid());
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(datagram_sent_tp, struct sock *sk, int result)
{
	if (sk->sk_protocol != IPPROTO_UDP)
		return 0;
	if (!send_call_of_thread((__u32)bpf_get_current_pid_tgid())) /* by another call than those below */
		COUNT(WL_SIGNAL_UDP_SEND, invalid);
	return handle_datagram_sent(sk, TYPED, result);
}

#define SEND_SYSCALL(name)                                                     \
	SEC("tracepoint/syscalls/sys_enter_" #name)                            \
	int datagram_##name##_enter(struct trace_event_raw_sys_enter *ctx)     \
	{                                                                      \
		return begin_datagram_syscall(ctx->args[0]);                   \
	}                                                                      \
	SEC("tracepoint/syscalls/sys_exit_" #name)                             \
	int datagram_##name##_exit(struct trace_event_raw_sys_exit *ctx)       \
	{                                                                      \
		return end_datagram_call();                                    \
	}

SEND_SYSCALL(sendto)
SEND_SYSCALL(sendmsg)
SEND_SYSCALL(sendmmsg)

/* udpv6_sendmsg() hands an IPv4-mapped peer on to udp_sendmsg(): that one ends the call. */
#define SEND_FUNCTION(name)                                                                           \
	SEC("fentry/" #name)                                                                          \
	int BPF_PROG(name##_fentry, struct sock *sk)                                                  \
	{                                                                                             \
		return begin_datagram_call(sk);                                                       \
	}                                                                                             \
	SEC("fexit/" #name)                                                                           \
	int BPF_PROG(name##_fexit, struct sock *sk, void *message, __u64 size, int result)            \
	{                                                                                             \
		handle_datagram_sent(sk, TYPED, result);                                              \
		return end_datagram_call();                                                           \
	}                                                                                             \
	SEC("kprobe/" #name)                                                                          \
	int BPF_KPROBE(name##_kprobe, struct sock *sk)                                                \
	{                                                                                             \
		return begin_datagram_call(sk);                                                       \
	}                                                                                             \
	SEC("kretprobe/" #name)                                                                       \
	int BPF_KRETPROBE(name##_kretprobe, int result)                                               \
	{                                                                                             \
		struct send_call *call = send_call_of_thread((__u32)bpf_get_current_pid_tgid());      \
                                                                                                      \
		if (call)                                                                             \
			handle_datagram_sent((const struct sock *)call->socket, UNTYPED, result);     \
		return end_datagram_call();                                                           \
	}

SEND_FUNCTION(udp_sendmsg)
SEND_FUNCTION(udpv6_sendmsg)

#define FORGET_FUNCTION(name)                          \
	SEC("fentry/" #name)                           \
	int BPF_PROG(name##_fentry, struct sock *sk)   \
	{                                              \
		socket_state_forget(sk);               \
		return 0;                              \
	}                                              \
	SEC("kprobe/" #name)                           \
	int BPF_KPROBE(name##_kprobe, struct sock *sk) \
	{                                              \
		socket_state_forget(sk);               \
		return 0;                              \
	}

FORGET_FUNCTION(udp_destroy_sock)
FORGET_FUNCTION(udpv6_destroy_sock)

char LICENSE[] SEC("license") = "GPL";
