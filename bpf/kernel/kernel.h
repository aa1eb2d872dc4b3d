/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types, as far as wirelag reads them. CO-RE finds each field in the running kernel's BTF by name, so
 * only names and types matter here, not order or offset. Included with -isystem: these structs have holes.
 *
 * Where kernels differ, the accessor is here too, with the commit that made the difference.
 */
#ifndef WIRELAG_KERNEL_H
#define WIRELAG_KERNEL_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

/* A function with a stack frame of its own, where inlining would pass the 512 bytes that all frames have together. */
#define SUBPROGRAM static __noinline __attribute__((unused))

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define MSG_PEEK 2
#define MSG_ERRQUEUE 0x2000
#define TASK_COMM_LEN 16

/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
	TCP_NEW_SYN_RECV,
};

/* include/net/sock.h: enum sock_flags */
#define SOCK_DONE 1

/* include/net/tcp.h: how long a TIME_WAIT lasts */
#define TCP_TIMEWAIT_SECONDS 60

/* include/linux/sched.h */
#define PF_KTHREAD 0x00200000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	unsigned short skc_family;
	__u16 skc_num; /* local port, host byte order; 0 once it is given back */
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	unsigned long skc_flags; /* enum sock_flags */
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	struct {
		__s64 counter;
	} skc_cookie;
};

typedef struct {
	int owned;
} socket_lock_t;

struct net_device {
	possible_net_t nd_net;
};

/* include/net/dropreason-core.h; numbers differ between kernels */
enum skb_drop_reason {
	SKB_DROP_REASON_NOT_SPECIFIED = 1,
	SKB_DROP_REASON_QUEUE_PURGE,
};

struct sk_buff {
	struct net_device *dev;
	int skb_iif; /* interface it was received by; 0: it was not received */
	unsigned int len;
	unsigned char *data;
	unsigned char *head;
	__u16 network_header;
	__u16 transport_header;
	__be16 protocol;
	struct sock *sk;
	__s64 tstamp; /* when the stack received it, CLOCK_REALTIME; 0 unless somebody asked for timestamps */
};

struct sk_buff_head {
	struct sk_buff *next;
	struct sk_buff *prev;
	__u32 qlen;
};

struct sock {
	struct sock_common __sk_common;
	socket_lock_t sk_lock;
	struct sk_buff_head sk_receive_queue;
	int sk_err;
	int sk_sndbuf;
	int sk_wmem_queued;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
	struct socket *sk_socket; /* NULL: no file is open for it */
	__u16 sk_protocol;
};

struct udp_sock {
	struct sk_buff_head reader_queue;
};

struct request_sock {
	struct sock_common __req_common;
};

struct tcp_request_sock {
	__u64 snt_synack; /* when the first SYN-ACK was sent, in µs of CLOCK_MONOTONIC */
};

struct timer_list {
	unsigned long expires; /* jiffies */
};

struct inet_timewait_sock {
	volatile unsigned char tw_substate; /* FIN_WAIT2 or TIME_WAIT */
	struct timer_list tw_timer;
};

struct tcp_timewait_sock {
	struct inet_timewait_sock tw_sk;
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct inet_connection_sock {
	struct {
		__u32 lrcvtime; /* when data was last received, in jiffies */
	} icsk_ack;
	__u32 icsk_rto; /* jiffies */
	__u8 icsk_pending; /* ICSK_TIME_*; 0 inside the retransmission timer's own handler */
};

/* include/net/inet_connection_sock.h */
#define ICSK_TIME_LOSS_PROBE 5


struct minmax_sample {
	__u32 v;
};

struct minmax {
	struct minmax_sample s[3];
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 srtt_us; /* << 3 */
	struct minmax rtt_min;
	__u64 bytes_sent;
	__u64 bytes_retrans;
	__u64 bytes_received;
	__u64 tcp_clock_cache; /* CLOCK_MONOTONIC when the stack last turned to this socket */
	__u32 total_retrans;
	__u32 snd_wnd;
	__u32 write_seq;
	__u32 snd_nxt;
	__u32 snd_una;
	__u32 rcv_tstamp;    /* jiffies; when an acknowledgement last came */
	__u32 retrans_stamp; /* when what waits for its acknowledgement was first sent, in ms, or µs with tcp_usec_ts */
	__u8 tcp_usec_ts : 1; /* since 6.7 (614e8316aa4c) */
	__u32 notsent_lowat;
	__u32 chrono_start;   /* jiffies; when the present kind of time began */
	__u32 chrono_stat[3]; /* jiffies by enum tcp_chrono, minus one */
	__u8 chrono_type : 2; /* enum tcp_chrono; 0: none */
};

/* include/linux/tcp.h: enum tcp_chrono */
#define TCP_CHRONO_BUSY 1
#define TCP_CHRONO_RWND_LIMITED 2
#define TCP_CHRONO_SNDBUF_LIMITED 3


struct socket {
	struct sock *sk;
};

struct inode {
	unsigned long i_ino;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct file_operations;

struct file {
	const struct file_operations *f_op;
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

typedef struct {
	unsigned int val;
} kuid_t;

struct cred {
	kuid_t uid;
};

struct cfs_bandwidth {
	__u64 throttled_time; /* ns that its run queues were throttled, ever; called so since 3.2 */
};

struct task_group {
	struct task_group *parent;
	struct cfs_bandwidth cfs_bandwidth; /* CONFIG_CFS_BANDWIDTH */
};

struct sched_info {
	unsigned long long run_delay; /* ns on a run queue without running, ever; CONFIG_SCHED_INFO */
};

struct kernfs_node {
	__u64 id; /* of a cgroup: its id, and the inode number of its folder */
};

struct cgroup_root {
	int hierarchy_id; /* 0: the default hierarchy, cgroup v2 */
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[1]; /* by the kernel's enum cgroup_subsys_id */
	struct cgroup *dfl_cgrp;
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	unsigned int flags; /* PF_… */
	struct nsproxy *nsproxy;
	int pid;
	int tgid;
	char comm[TASK_COMM_LEN];
	struct task_struct *group_leader;
	const struct cred *cred;
	struct files_struct *files;
	struct css_set *cgroups;
	struct sched_info sched_info;
	struct task_group *sched_task_group; /* CONFIG_CGROUP_SCHED */
	__u64 start_boottime; /* since boot, suspend included; called real_start_time before 5.5 (cf25e24db61c) */
};

/* Context of the classic syscall tracepoints: kernel/trace/trace.h, struct syscall_trace_{enter,exit}. */
struct trace_event_raw_sys_enter {
	long id;
	unsigned long args[6];
};

struct trace_event_raw_sys_exit {
	long id;
	long ret;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
	__u32 uid;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#endif
