// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sockets that were there before wirelag. Run once, after the other programs are attached: `existing_sockets` in
 * every network namespace, then `existing_owners` once for the whole host.
 */
#include "../lib/task.h"
#include "../maps/connections.h"
#include "../maps/unread.h"

static __always_inline bool is_open(__u8 state)
{
	return state == TCP_ESTABLISHED || state == TCP_SYN_SENT || state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 ||
	       state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING;
}

static __always_inline void begin_existing(struct sock_common *skc, struct connection *connection)
{
	__u64 key = (__u64)skc;

	connection->id = connection_id(skc, TYPED);
	connection->handshake_ns = WL_UNKNOWN_NS;
	connection->flags = WL_CONNECTION_FLAG_EXISTING;
	if (skc->skc_state == TCP_SYN_SENT)
		connection->flags |= WL_CONNECTION_FLAG_ACTIVE;
	bpf_map_update_elem(&connections, &key, connection, BPF_NOEXIST);
}

static __always_inline bool is_hz(__u32 hz, __u64 jiffies, __u64 now_ns)
{
	__u64 first_jiffies = (__u32)(-300 * (int)hz); /* INITIAL_JIFFIES: they wrap five minutes after boot */
	__s64 off_ns = (jiffies - first_jiffies) * (1000000000 / hz) - now_ns;

	return off_ns > -1000000000LL && off_ns < 1000000000LL;
}

/*
 * Length of a jiffy; 0 if it is none of the usual. The kernel does not say what its HZ is, and its configuration is
 * nowhere to be read on many hosts; but only for the right one do the jiffies since boot make the time since boot.
 */
static __always_inline __u64 jiffy_ns(__u64 jiffies, __u64 now_ns)
{
	return is_hz(250, jiffies, now_ns)	? 1000000000 / 250
	       : is_hz(1000, jiffies, now_ns) ? 1000000000 / 1000
	       : is_hz(100, jiffies, now_ns)	? 1000000000 / 100
	       : is_hz(300, jiffies, now_ns)	? 1000000000 / 300
						: 0;
}

/*
 * Data that is in the queue already: nobody has noted when it came. The last of it came at lrcvtime, so the oldest has
 * waited at least since then.
 */
static __always_inline void mark_existing(struct sock_common *skc, struct tcp_sock *tp)
{
	__u64 now_ns = bpf_ktime_get_ns(), jiffies = bpf_jiffies64();
	struct unread *unread_;

	if (!seq_before(tp->copied_seq, tp->rcv_nxt))
		return;
	unread_ = unread_of((struct sock *)skc, TYPED, true);
	if (!unread_ || (unread_->flags & UNREAD_KNOWN))
		return;
	unread_->oldest_ns = now_ns - ((__u32)jiffies - tp->inet_conn.icsk_ack.lrcvtime) * jiffy_ns(jiffies, now_ns);
	unread_->newest_ns = unread_->oldest_ns;
	unread_->read_seq = tp->copied_seq;
	unread_->end_seq = tp->rcv_nxt;
	unread_->flags = UNREAD_KNOWN | UNREAD_AT_LEAST;
}

SEC("iter/tcp")
int existing_sockets(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct connection connection = {};
	struct tcp_sock *tp;

	if (!skc || !is_open(skc->skc_state))
		return 0;
	tp = bpf_skc_to_tcp_sock(skc);
	if (!tp)
		return 0;
	begin_existing(skc, &connection);
	mark_existing(skc, tp);
	return 0;
}

/* What tells a socket's file where bpf_sock_from_file() is missing, before 5.11. */
extern const void socket_file_ops __ksym __weak;

/* The socket of a file, as an address; NULL for a file that is none. */
static __always_inline struct sock *sock_of_file(struct file *file)
{
	struct socket *socket = NULL;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_sock_from_file))
		socket = bpf_sock_from_file(file);
	else if (file->f_op == &socket_file_ops)
		socket = file->private_data;
	return socket ? BPF_CORE_READ(socket, sk) : NULL;
}

SEC("iter/task_file")
int existing_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct connection *connection;
	struct sock *sk;

	if (!task || !file)
		return 0;
	sk = sock_of_file(file);
	connection = sk ? connection_of(sk) : NULL;
	if (!connection || !(connection->flags & WL_CONNECTION_FLAG_EXISTING) || connection->owner.source)
		return 0;
	connection->flags |= WL_CONNECTION_FLAG_ACCEPTED;
	read_task(task, &connection->owner, WL_OWNER_SOURCE_EXISTING);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
