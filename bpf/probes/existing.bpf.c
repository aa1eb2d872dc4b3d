// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sockets that were there before wirelag. Run once, after the other programs are attached: `existing_sockets` in
 * every network namespace, then `existing_owners` once for the whole host.
 */
#include "../lib/task.h"
#include "../maps/connections.h"
#include "../maps/unread.h"

/* Jiffies a second; 0 where the kernel's configuration is not to be read. */
extern unsigned int CONFIG_HZ __kconfig __weak;

static __always_inline bool is_open(__u8 state)
{
	return state == TCP_ESTABLISHED || state == TCP_SYN_SENT || state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 ||
	       state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING;
}

static __always_inline void begin_existing(struct sock_common *skc, struct connection *connection)
{
	__u64 key = (__u64)skc;

	connection->id = bpf_get_socket_cookie(skc);
	connection->handshake_ns = WL_UNKNOWN_NS;
	connection->flags = WL_CONNECTION_FLAG_EXISTING;
	if (skc->skc_state == TCP_SYN_SENT)
		connection->flags |= WL_CONNECTION_FLAG_ACTIVE;
	bpf_map_update_elem(&connections, &key, connection, BPF_NOEXIST);
}

/*
 * Data that is in the queue already: nobody has noted when it came. The last of it came at lrcvtime, so the oldest has
 * waited at least since then.
 */
static __always_inline void mark_existing(struct sock_common *skc, struct tcp_sock *tp)
{
	__u64 now_ns = bpf_ktime_get_ns();
	struct unread *unread_;

	if (!seq_before(tp->copied_seq, tp->rcv_nxt))
		return;
	unread_ = bpf_sk_storage_get(&unread, skc, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!unread_ || (unread_->flags & UNREAD_KNOWN))
		return;
	unread_->oldest_ns = now_ns;
	if (CONFIG_HZ)
		unread_->oldest_ns -= (__u32)((__u32)bpf_jiffies64() - tp->inet_conn.icsk_ack.lrcvtime) *
				      (1000000000ULL / CONFIG_HZ);
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

SEC("iter/task_file")
int existing_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct connection *connection;
	struct socket *socket;
	struct sock *sk;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk)
		return 0;
	connection = connection_of(sk);
	if (!connection || !(connection->flags & WL_CONNECTION_FLAG_EXISTING) || connection->owner.source)
		return 0;
	connection->flags |= WL_CONNECTION_FLAG_ACCEPTED;
	read_task(task, &connection->owner, WL_OWNER_SOURCE_EXISTING);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
