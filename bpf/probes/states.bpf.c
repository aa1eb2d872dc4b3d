// SPDX-License-Identifier: GPL-2.0-only
/* Every TCP socket with its state: read in each network namespace. Who holds them: holders.bpf.c. */
#include "../lib/filter.h"
#include "../lib/jiffies.h"

/* Found once: to find it takes a look at the clock. */
static __u64 known_jiffy_ns;

static __always_inline __u64 jiffies_to_ms(__u64 jiffies)
{
	if (!known_jiffy_ns)
		known_jiffy_ns = jiffy_ns();
	return jiffies * known_jiffy_ns / 1000000;
}

/* What mini-sockets have as well: all of it is in sock_common. The port stands there as long as the socket is found. */
static __always_inline void read_common_tuple(const struct sock_common *skc, struct wl_tuple *out)
{
	if (skc->skc_family == AF_INET6) {
		read_address(TYPED, &skc->skc_v6_rcv_saddr, &out->local_address);
		read_address(TYPED, &skc->skc_v6_daddr, &out->peer_address);
	} else {
		map_ipv4(&out->local_address, skc->skc_rcv_saddr);
		map_ipv4(&out->peer_address, skc->skc_daddr);
	}
	out->netns = skc->skc_net.net->ns.inum;
	out->local_port = skc->skc_num;
	out->peer_port = bpf_ntohs(skc->skc_dport);
}

/*
 * A mini-socket holds the place of one in TIME_WAIT, or of one in FIN_WAIT2 that nobody holds. Its timer is set anew when
 * the peer sends its FIN again.
 */
static __always_inline void read_time_wait(struct sock_common *skc, struct wl_socket_record *record)
{
	struct tcp_timewait_sock *tw = bpf_skc_to_tcp_timewait_sock(skc);
	__u64 left_ms;

	/* Of another protocol's making (MPTCP) it has no type that the helper knows. */
	record->state = tw ? tw->tw_sk.tw_substate : BPF_CORE_READ((struct inet_timewait_sock *)skc, tw_substate);
	if (!tw || record->state != TCP_TIME_WAIT)
		return;
	left_ms = jiffies_to_ms(tw->tw_sk.tw_timer.expires - bpf_jiffies64());
	if (left_ms > TCP_TIMEWAIT_SECONDS * 1000)
		return;
	record->age_ms = TCP_TIMEWAIT_SECONDS * 1000 - left_ms;
	record->flags |= WL_SOCKET_FLAG_AGE_AT_LEAST;
}

/* A request socket: the SYN-ACK is sent, and its acknowledgement has not come. */
static __always_inline void read_request(struct sock_common *skc, struct wl_socket_record *record)
{
	struct tcp_request_sock *request = bpf_skc_to_tcp_request_sock(skc);

	if (request && request->snt_synack)
		record->age_ms = (bpf_ktime_get_ns() / 1000 - request->snt_synack) / 1000;
}

/* Since the first SYN. */
static __always_inline __u32 syn_sent_age_ms(struct tcp_sock *tp)
{
	__u64 now_ns = bpf_ktime_get_ns();

	if (bpf_core_field_exists(tp->tcp_usec_ts) && BPF_CORE_READ_BITFIELD_PROBED(tp, tcp_usec_ts))
		return ((__u32)(now_ns / 1000) - tp->retrans_stamp) / 1000;
	return (__u32)(now_ns / 1000000) - tp->retrans_stamp;
}

static __always_inline void read_age(struct tcp_sock *tp, struct wl_socket_record *record)
{
	switch (record->state) {
	case TCP_SYN_SENT:
		record->age_ms = syn_sent_age_ms(tp);
		break;
	case TCP_CLOSE_WAIT:
	case TCP_FIN_WAIT2:
	case TCP_CLOSING:
		/* What began the state acknowledged something, and other acknowledgements may have come since. */
		record->age_ms = jiffies_to_ms((__u32)bpf_jiffies64() - tp->rcv_tstamp);
		record->flags |= WL_SOCKET_FLAG_AGE_AT_LEAST;
		break;
	}
}

static __always_inline void read_full(struct sock_common *skc, struct wl_socket_record *record)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(skc);
	struct sock *sk = (struct sock *)tp;
	struct socket *socket;

	if (!tp)
		return;
	socket = sk->sk_socket;
	if (socket)
		record->inode = BPF_CORE_READ((struct socket_alloc *)socket, vfs_inode.i_ino);
	record->connection_id = connection_id(skc, TYPED);
	if (record->state == TCP_LISTEN) {
		record->receive_queue = sk->sk_ack_backlog;
		record->send_queue = sk->sk_max_ack_backlog;
		return;
	}
	/* As ss has it: the peer's FIN counts as a byte until it is read. */
	if (seq_before(tp->copied_seq, tp->rcv_nxt))
		record->receive_queue = tp->rcv_nxt - tp->copied_seq;
	record->send_queue = tp->write_seq - tp->snd_una;
	read_age(tp, record);
}

SEC("iter/tcp")
int socket_records(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct wl_socket_record record = {};

	if (!skc)
		return 0;
	record.state = skc->skc_state;
	record.age_ms = WL_UNKNOWN_MS;
	record.uid = ctx->uid;
	read_common_tuple(skc, &record.tuple);
	if (!passes_tuple_filter(&record.tuple))
		record.flags = WL_SOCKET_FLAG_UNWANTED;
	if (record.state == TCP_TIME_WAIT)
		read_time_wait(skc, &record);
	else if (record.state == TCP_NEW_SYN_RECV)
		read_request(skc, &record);
	else
		read_full(skc, &record);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
