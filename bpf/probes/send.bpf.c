// SPDX-License-Identifier: GPL-2.0-only
/*
 * Send block: how long a thread was inside a send call of a TCP socket, with the socket's lock: copying, and waiting for
 * send-buffer space.
 *
 * Start and waits: tcp_sendmsg_locked (6.15+), which fires for each piece that is copied; so the first is the start, and
 * the time after one that found the send buffer full is a wait. End: sock_send_length (6.3+). Else the functions
 * tcp_sendmsg_locked, tcp_sendpage_locked (sendfile before 6.5) and sk_stream_wait_memory.
 */
#include "../lib/history.h"
#include "../lib/ledger.h"
#include "../lib/sample.h"
#include "../maps/send-calls.h"

/*
 * The call of this thread on the socket. It stands in the socket's own state, which is looked up anyway, unless another
 * thread's is there, or the hook that ends it will not know the socket. Who sets that holds the socket's lock, who clears it is the thread itself: nothing is overwritten.
 */
static __always_inline struct send_call *current_send_call(struct socket_state *state, __u32 tid)
{
	if (state->send.tid == tid)
		return &state->send;
	return state->send.is_crowded ? send_call_of_thread(tid) : NULL;
}

static __always_inline void begin_send_call(const struct sock *sk, bool typed, struct socket_state *state, __u32 tid,
					    __u64 now_ns, bool is_full)
{
	struct send_call *call = &state->send;

	if (!typed || state->send.tid) {
		state->send.is_crowded = 1;
		call = begin_send_call_of_thread(tid, sk, now_ns);
	}
	if (!call)
		return;
	call->entered_ns = now_ns;
	call->piece_ns = now_ns;
	call->full_since_ns = is_full ? now_ns : 0;
	call->blocked_ns = 0;
	call->zero_window = 0;
	call->tid = tid;
	history_send_begins(sk, typed, history_of(sk, typed, state, true), call);
	ledger_send_begins(sk, typed, state, now_ns);
}

static __always_inline void end_wait(struct send_call *call, __u64 now_ns)
{
	if (call->full_since_ns)
		call->blocked_ns += now_ns - call->full_since_ns;
	call->full_since_ns = 0;
}

/* The round-trip time, of the first send and one in 16: it changes slowly. */
static __always_inline void note_rtt(const struct sock *sk, struct wl_edge_stats *stats, __u64 now_ns)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)sk;

	if (stats->srtt_us && (now_ns & (15 << 10)))
		return;
	stats->srtt_us = BPF_CORE_READ(tp, srtt_us) >> 3;
	stats->min_rtt_us = BPF_CORE_READ(tp, rtt_min.s[0].v);
}

static __always_inline void sample_send(const struct sock *sk, bool typed, struct socket_state *state,
					const struct current_process *process, const struct send_call *call, long result)
{
	__u64 now_ns = bpf_ktime_get_ns();
	struct sample sample = {
		.kind = WL_EVENT_KIND_SEND,
		.signal = WL_SIGNAL_SEND,
		.stage = WL_STAGE_SEND,
		.flags = call->zero_window ? WL_SAMPLE_FLAG_ZERO_WINDOW : 0,
		.protocol = IPPROTO_TCP,
		.rows = cfg.send_rows,
		.over_ns = cfg.send_over_ns,
		.latency_ns = now_ns - call->entered_ns,
		.blocked_ns = call->blocked_ns,
		.result = result,
	};
	struct wl_edge_stats *stats;

	if (call->full_since_ns)
		sample.blocked_ns += now_ns - call->full_since_ns;
	history_send_ends(sk, typed, history_of(sk, typed, state, false), call, now_ns, result);
	ledger_send_ends(sk, typed, state, now_ns, sample.blocked_ns);
	stats = take_sample(sk, typed, &sample, state, process, now_ns);
	if (!stats)
		return;
	note_rtt(sk, stats, now_ns);
	if (result > 0)
		__sync_fetch_and_add(&stats->sent_bytes, result);
	else if (result == -EAGAIN)
		__sync_fetch_and_add(&stats->would_blocks, 1);
	if (sample.blocked_ns)
		__sync_fetch_and_add(&stats->send_blocked_ns, sample.blocked_ns);
	if (sample.flags & WL_SAMPLE_FLAG_ZERO_WINDOW)
		__sync_fetch_and_add(&stats->zero_windows, 1);
}

static __always_inline void handle_send_end(const struct sock *sk, bool typed, long result)
{
	struct socket_state *state = socket_state_of(sk, typed, false);
	struct current_process process;
	struct send_call *call;
	__u32 tid;

	if (!state)
		return;
	process = current_process();
	tid = (__u32)process.pid_tgid;
	call = current_send_call(state, tid);
	if (!call)
		return;
	sample_send(sk, typed, state, &process, call, result);
	if (call == &state->send)
		state->send.tid = 0;
	else
		end_send_call_of_thread(tid);
}

/* No piece takes that long to copy: a longer gap between two was a wait for a limit other than the send buffer's. */
#define LONGEST_COPY_NS 1000000ULL

/*
 * One more piece of a call. The time since the last is a wait if the buffer was full then, or if it is too long for a copy
 * (TCP_NOTSENT_LOWAT, no memory).
 */
static __always_inline void handle_next_piece(const struct sock *sk, struct send_call *call, bool is_full)
{
	__u64 now_ns = bpf_ktime_get_ns();

	if (call->full_since_ns)
		end_wait(call, now_ns);
	else if (now_ns - call->piece_ns > LONGEST_COPY_NS)
		call->blocked_ns += now_ns - call->piece_ns;
	call->piece_ns = now_ns;
	if (is_full)
		call->full_since_ns = now_ns;
}

SEC("tp_btf/tcp_sendmsg_locked")
int BPF_PROG(send_piece_tp, const struct sock *sk)
{
	struct socket_state *state = socket_state_of(sk, TYPED, true);
	bool is_full = sk->sk_wmem_queued >= sk->sk_sndbuf;
	__u32 tid = current_tid();
	struct send_call *call;

	if (!state)
		return 0;
	call = current_send_call(state, tid);
	if (call) {
		handle_next_piece(sk, call, is_full);
	} else {
		begin_send_call(sk, TYPED, state, tid, bpf_ktime_get_ns(), is_full);
		call = is_full ? current_send_call(state, tid) : NULL;
	}
	if (call && is_full && !BPF_CORE_READ((const struct tcp_sock *)sk, snd_wnd))
		call->zero_window = 1;
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(send_end_tp, struct sock *sk, int result)
{
	if (sk->sk_protocol == IPPROTO_TCP)
		handle_send_end(sk, TYPED, result);
	return 0;
}

static __always_inline int handle_send_entry(const struct sock *sk, bool typed)
{
	struct socket_state *state = socket_state_of(sk, typed, true);

	if (state)
		begin_send_call(sk, typed, state, (__u32)bpf_get_current_pid_tgid(), bpf_ktime_get_ns(), false);
	return 0;
}

static __always_inline int handle_wait(const struct sock *sk, bool typed)
{
	struct socket_state *state = socket_state_of(sk, typed, false);
	struct send_call *call = state ? current_send_call(state, (__u32)bpf_get_current_pid_tgid()) : NULL;

	if (!call)
		return 0;
	call->full_since_ns = bpf_ktime_get_ns();
	if (!BPF_CORE_READ((const struct tcp_sock *)sk, snd_wnd))
		call->zero_window = 1;
	return 0;
}

SEC("fentry/tcp_sendmsg_locked")
int BPF_PROG(send_entry_fentry, struct sock *sk)
{
	return handle_send_entry(sk, TYPED);
}

SEC("fexit/tcp_sendmsg_locked")
int BPF_PROG(send_return_fexit, struct sock *sk, void *message, __u64 size, int result)
{
	handle_send_end(sk, TYPED, result);
	return 0;
}

/* sendfile() before 6.5 (dc97391e6610). */
SEC("fentry/tcp_sendpage_locked")
int BPF_PROG(sendpage_entry_fentry, struct sock *sk)
{
	return handle_send_entry(sk, TYPED);
}

SEC("fexit/tcp_sendpage_locked")
int BPF_PROG(sendpage_return_fexit, struct sock *sk, void *page, int offset, __u64 size, int flags, int result)
{
	handle_send_end(sk, TYPED, result);
	return 0;
}

SEC("fentry/sk_stream_wait_memory")
int BPF_PROG(send_wait_fentry, struct sock *sk)
{
	return handle_wait(sk, TYPED);
}

SEC("fexit/sk_stream_wait_memory")
int BPF_PROG(send_wait_fexit, struct sock *sk)
{
	struct socket_state *state = socket_state_of(sk, TYPED, false);
	struct send_call *call = state ? current_send_call(state, (__u32)bpf_get_current_pid_tgid()) : NULL;

	if (call)
		end_wait(call, bpf_ktime_get_ns());
	return 0;
}

SEC("kprobe/tcp_sendmsg_locked")
int BPF_KPROBE(send_entry_kprobe, struct sock *sk)
{
	return handle_send_entry(sk, UNTYPED);
}

/* A kretprobe does not know its function's arguments: the socket is that which the thread entered. */
static __always_inline int handle_send_return(long result)
{
	struct send_call *call = send_call_of_thread((__u32)bpf_get_current_pid_tgid());

	if (call)
		handle_send_end((const struct sock *)call->socket, UNTYPED, result);
	return 0;
}

SEC("kretprobe/tcp_sendmsg_locked")
int BPF_KRETPROBE(send_return_kretprobe, int result)
{
	return handle_send_return(result);
}

SEC("kprobe/tcp_sendpage_locked")
int BPF_KPROBE(sendpage_entry_kprobe, struct sock *sk)
{
	return handle_send_entry(sk, UNTYPED);
}

SEC("kretprobe/tcp_sendpage_locked")
int BPF_KRETPROBE(sendpage_return_kretprobe, int result)
{
	return handle_send_return(result);
}

SEC("kprobe/sk_stream_wait_memory")
int BPF_KPROBE(send_wait_kprobe, struct sock *sk)
{
	return handle_wait(sk, UNTYPED);
}

SEC("kretprobe/sk_stream_wait_memory")
int BPF_KRETPROBE(send_wait_kretprobe)
{
	struct send_call *call = send_call_of_thread((__u32)bpf_get_current_pid_tgid());

	if (call)
		end_wait(call, bpf_ktime_get_ns());
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
