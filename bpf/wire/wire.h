/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Everything that crosses the border between the BPF programs and TypeScript, and nothing else.
 *
 * `npm run generate` turns the BTF of these types into src/wire/wire.gen.ts; the build fails on implicit padding
 * (-Wpadded), so every hole is named `_pad…` and zeroed. Struct and enum names start with `wl_`; an enum value repeats
 * its enum's name in capitals. Units stand in the names.
 */
#ifndef WIRELAG_WIRE_H
#define WIRELAG_WIRE_H

/* A duration that is not known: the start was before wirelag's own, or the kernel never measured it. */
#define WL_UNKNOWN_NS (~0ULL)

#define WL_COMM_BYTES 16

/* Log-linear histogram: 8 sub-buckets an octave from 2^10 ns (1 µs) to 2^37 ns (137 s), one bucket below, one above. */
#define WL_HISTOGRAM_BUCKETS (2 + 27 * 8)
#define WL_HISTOGRAM_MAX_SLOTS 8

/* How many values one filter option takes. */
#define WL_FILTER_RANGES 32
#define WL_FILTER_NETWORKS 16
#define WL_FILTER_COMMS 16

/* First field of every ring record. */
enum wl_event_kind {
	WL_EVENT_KIND_PENDING = 1, /* SYN sent, nothing heard yet; only when a slow threshold is set */
	WL_EVENT_KIND_CONNECT = 2,
	WL_EVENT_KIND_FAIL = 3,
	WL_EVENT_KIND_ACCEPT = 4,
	WL_EVENT_KIND_CLOSE = 5,
	WL_EVENT_KIND_PICKUP = 6,
	WL_EVENT_KIND_SEND = 7,
	WL_EVENT_KIND_RETRANSMIT = 8,
	WL_EVENT_KIND_RESET = 9,
	WL_EVENT_KIND_DROP = 10,
	WL_EVENT_KIND_LEDGER = 11,
	WL_EVENT_KIND_CGROUP = 12,
	WL_EVENT_KIND_EXISTING = 13, /* a connection that was there before wirelag, with a process that holds it */
	WL_EVENT_KIND_STATE = 14,
	WL_EVENT_KIND_HISTORY = 15,
};

/* What the books are kept for; also the index into the books map. */
enum wl_signal {
	WL_SIGNAL_PENDING = 0,
	WL_SIGNAL_CONNECT = 1, /* established and failed ones */
	WL_SIGNAL_ACCEPT = 2,
	WL_SIGNAL_CLOSE = 3,
	WL_SIGNAL_PICKUP = 4,
	WL_SIGNAL_SEND = 5,
	WL_SIGNAL_UDP_PICKUP = 6,
	WL_SIGNAL_UDP_SEND = 7,
	WL_SIGNAL_RETRANSMIT = 8,
	WL_SIGNAL_RESET = 9,
	WL_SIGNAL_DROP = 10,
	WL_SIGNAL_LEDGER = 11,
	WL_SIGNAL_CGROUP = 12,
	WL_SIGNAL_EXISTING = 13,
	WL_SIGNAL_STATE = 14,
	WL_SIGNAL_HISTORY = 15,
};

/* What is measured of each edge; index into wl_edge_stats.stages. */
enum wl_stage {
	WL_STAGE_HANDSHAKE = 0,
	WL_STAGE_ACCEPT_QUEUE = 1,
	WL_STAGE_SEND = 2,
	WL_STAGE_PICKUP = 3,
};
#define WL_STAGES 4

/* Which end of its edge a process is. */
enum wl_edge_role {
	WL_EDGE_ROLE_ANY = 0,    /* all of a process's traffic, or what found no entry of its own */
	WL_EDGE_ROLE_CLIENT = 1, /* it opened the connection; the edge's port is the peer's */
	WL_EDGE_ROLE_SERVER = 2, /* it accepted; the edge's port is its own */
};

/* Why a segment was sent again. */
enum wl_retransmit_type {
	WL_RETRANSMIT_TYPE_SYN = 0,
	WL_RETRANSMIT_TYPE_SYN_ACK = 1,
	WL_RETRANSMIT_TYPE_RTO = 2,  /* the retransmission timer ran out */
	WL_RETRANSMIT_TYPE_FAST = 3, /* acknowledgements told of the loss */
	WL_RETRANSMIT_TYPE_TLP = 4,  /* tail loss probe */
};
#define WL_RETRANSMIT_TYPES 5

enum wl_reset_direction {
	WL_RESET_DIRECTION_SENT = 0,
	WL_RESET_DIRECTION_RECEIVED = 1,
};

/* Where the time of a connection went; index into wl_ledger.stages. */
enum wl_ledger_stage {
	WL_LEDGER_STAGE_CONNECT = 0,     /* SYN sent to established, without retries */
	WL_LEDGER_STAGE_SYN_RETRY = 1,   /* timers that ran out for want of a SYN-ACK */
	WL_LEDGER_STAGE_ACCEPT_QUEUE = 2,
	WL_LEDGER_STAGE_APPLICATION = 3, /* it had nothing to wait for, until it wrote or closed */
	WL_LEDGER_STAGE_SEND = 4,        /* in the send call, copying */
	WL_LEDGER_STAGE_SEND_BLOCKED = 5, /* in the send call, waiting for send-buffer space */
	WL_LEDGER_STAGE_RECEIVER_LIMITED = 6, /* the peer's window was the limit */
	WL_LEDGER_STAGE_WIRE = 7,        /* the wire and the peer: until data came */
	WL_LEDGER_STAGE_RTO = 8,         /* retransmission timers that ran out */
	WL_LEDGER_STAGE_RECEIVE_QUEUE = 9, /* data waited to be read */
	WL_LEDGER_STAGE_CPU_WAIT = 10,   /* the application, or the reader, wanted a CPU and had none */
	WL_LEDGER_STAGE_CLOSING = 11,    /* from this side's FIN to the end */
	WL_LEDGER_STAGE_UNEXPLAINED = 12,
};
#define WL_LEDGER_STAGES 13

/* What a LEDGER is of. */
enum wl_ledger_span {
	WL_LEDGER_SPAN_CONNECTION = 0,
	WL_LEDGER_SPAN_REQUEST = 1, /* sent from here, until the first byte of the reply was read */
	WL_LEDGER_SPAN_REPLY = 2,   /* a request came, until the reply was written */
};

/* How the owner of a socket is known. */
enum wl_owner_source {
	WL_OWNER_SOURCE_UNKNOWN = 0,
	WL_OWNER_SOURCE_SYSCALL = 1,   /* the task that called connect() or accept() */
	WL_OWNER_SOURCE_FIRST_USE = 2, /* the first task that read from it */
	WL_OWNER_SOURCE_EXISTING = 3,  /* a task that held a descriptor of it when wirelag started */
};

enum wl_connection_flag {
	WL_CONNECTION_FLAG_ACTIVE = 1,   /* opened from here, by connect() */
	WL_CONNECTION_FLAG_EXISTING = 2, /* was there before wirelag */
	WL_CONNECTION_FLAG_SLOW = 4,     /* handshake or accept wait passed the threshold */
	WL_CONNECTION_FLAG_SELECTED = 8, /* opened by a process of the traced command */
	WL_CONNECTION_FLAG_ACCEPTED = 16,
	WL_CONNECTION_FLAG_PASSIVE = 32, /* opened by the peer */
};

enum wl_sample_flag {
	WL_SAMPLE_FLAG_AT_LEAST = 1,    /* the data came before wirelag: the latency is a lower bound */
	WL_SAMPLE_FLAG_ZERO_WINDOW = 2, /* a send that waited while the peer's window was closed */
	WL_SAMPLE_FLAG_UDP = 4,
};

/* An IPv6 address, or an IPv4 one IPv4-mapped (::ffff:a.b.c.d); words as in memory, network byte order. */
struct wl_address {
	__u32 words[4];
};

/* Both ends of a connection as this socket sees them. */
struct wl_tuple {
	struct wl_address local_address;
	struct wl_address peer_address;
	__u32 netns; /* inode number of the network namespace */
	__u16 local_port;
	__u16 peer_port;
};

/* A task; a process is (pid, process_start_ns), as a pid alone is used again. All zero when unknown. */
struct wl_task {
	__u32 pid; /* thread group id, as user space says PID */
	__u32 tid;
	__u64 process_start_ns; /* since boot, suspend included: field 22 of /proc/PID/stat */
	__u64 cgroup_id; /* inode number of its folder; of cgroup v1: in the hierarchy that the configuration names */
	__u32 uid;
	__u32 source; /* enum wl_owner_source */
	char comm[WL_COMM_BYTES];
};

/* PENDING, CONNECT, FAIL, ACCEPT, EXISTING. Times are in ns after the epoch of the configuration. */
struct wl_open_event {
	__u32 kind;
	__u32 error; /* errno of a FAIL */
	__u64 time_ns;
	__u64 connection_id; /* socket cookie where the kernel gives it */
	struct wl_tuple tuple;
	struct wl_task owner;
	__u64 handshake_ns; /* connect: SYN sent to established or failed; accept: SYN-ACK sent to ACK received */
	__u64 accept_queue_ns;
	__u32 flags; /* enum wl_connection_flag */
	__u32 _pad;
};

struct wl_close_event {
	__u32 kind;
	__u32 flags; /* enum wl_connection_flag */
	__u64 time_ns;
	__u64 connection_id;
	struct wl_tuple tuple;
	struct wl_task owner;
	__u64 duration_ns;    /* established to closed; of an existing one: since wirelag's start, a lower bound */
	__u64 sent_bytes;     /* payload, without retransmissions */
	__u64 received_bytes; /* payload, in order */
	__u32 retransmits;    /* segments, SYN and SYN-ACK included */
	__u32 rtt_us;         /* smoothed; 0 where none was measured */
	__u32 min_rtt_us;     /* ~0 where none was measured */
	__u32 error;          /* errno that ended it (ECONNRESET, ETIMEDOUT, ...), 0 for an orderly close */
	__u32 busy_ms;             /* data was in flight or waiting to be sent */
	__u32 receiver_limited_ms; /* ... of that, the peer's window was the limit */
	__u32 send_limited_ms;     /* ... of that, the send buffer was */
	__u32 _pad;
};

/* PICKUP: data was read. SEND: a send call returned. */
struct wl_sample_event {
	__u32 kind;
	__u32 flags; /* enum wl_sample_flag */
	__u64 time_ns;
	__u64 connection_id;
	struct wl_tuple tuple; /* of an unconnected UDP socket without the peer */
	struct wl_task task;
	__u64 latency_ns;
	__u64 blocked_ns; /* SEND: of that, waiting for send-buffer space */
	__u32 bytes;      /* SEND: taken */
	__u32 error;      /* SEND: errno of a call that took none */
};

/* RETRANSMIT, RESET, DROP. */
struct wl_packet_event {
	__u32 kind;
	__u32 type; /* enum wl_retransmit_type, enum wl_reset_direction, or the kernel's own skb_drop_reason */
	__u64 time_ns;
	__u64 connection_id; /* 0: no socket is known */
	struct wl_tuple tuple;
	struct wl_task owner;
	__u64 stall_ns; /* RETRANSMIT: how long the timer ran that brought it */
	__u32 flags;    /* enum wl_sample_flag: UDP */
	__u32 _pad;
};

/* Parts of one span of time, which add up to it. */
struct wl_ledger {
	__u64 stages[WL_LEDGER_STAGES]; /* nanoseconds, by enum wl_ledger_stage */
	__u32 syn_retries;
	__u32 timeouts; /* RTOs */
};

struct wl_ledger_event {
	__u32 kind;
	__u32 span; /* enum wl_ledger_span */
	__u64 time_ns;
	__u64 connection_id;
	struct wl_tuple tuple;
	struct wl_task owner;
	__u64 wall_ns;
	struct wl_ledger ledger;
};

/* STATE: a TCP socket went from one state to another; numbers are those of include/net/tcp_states.h. */
struct wl_state_event {
	__u32 kind;
	__u32 old_state;
	__u64 time_ns;
	__u64 connection_id;
	struct wl_tuple tuple;
	struct wl_task owner;
	__u32 new_state;
	__u32 _pad;
};

enum wl_history_trigger {
	WL_HISTORY_TRIGGER_SLOW = 0,    /* a handshake, a wait for accept(), a send or a pickup passed the threshold */
	WL_HISTORY_TRIGGER_FAILURE = 1, /* a connect failed */
	WL_HISTORY_TRIGGER_RTO = 2,     /* the retransmission timer ran out */
};

enum wl_history_what {
	WL_HISTORY_WHAT_STATE = 0,
	WL_HISTORY_WHAT_ACCEPT = 1,
	WL_HISTORY_WHAT_SEND = 2,
	WL_HISTORY_WHAT_RECEIVE = 3, /* data is to be read */
	WL_HISTORY_WHAT_READ = 4,
	WL_HISTORY_WHAT_RETRANSMIT = 5,
	WL_HISTORY_WHAT_RESET = 6,
};

/* Something that happened to a socket. */
struct wl_history_item {
	__u64 time_ns;     /* SEND: of its begin; RECEIVE: of the first arrival */
	__u64 duration_ns; /* what it took, or had waited; RECEIVE: to the last arrival. WL_UNKNOWN_NS: SEND: it goes on */
	__u32 bytes;
	__u16 extra; /* RECEIVE: how many arrivals with nothing between, 65,535 at most; SEND, STATE: errno */
	__u8 what;   /* enum wl_history_what */
	__u8 type;   /* STATE: the new one, of include/net/tcp_states.h; RETRANSMIT, RESET: their enums; SEND: enum wl_sample_flag */
};

/* A power of two. One is never told, as it may be being written. */
#define WL_HISTORY_ITEMS 32

/* HISTORY: what happened to a TCP socket before and until something took long or failed. */
struct wl_history_event {
	__u32 kind;
	__u32 trigger; /* enum wl_history_trigger */
	__u64 time_ns;
	__u64 connection_id;
	struct wl_tuple tuple;
	struct wl_task owner;
	struct wl_history_item cause; /* what set it off, also where its item is gone */
	__u32 told;  /* items before it have been told */
	__u32 first; /* the items from here up to `end` are told now; that of number n is items[n % WL_HISTORY_ITEMS] */
	__u32 end;
	__u32 _pad;
	struct wl_history_item items[WL_HISTORY_ITEMS];
};

#define WL_UNKNOWN_MS (~0U)

enum wl_socket_flag {
	WL_SOCKET_FLAG_UNWANTED = 1,     /* the filters leave it out; it is told as it may say whose others are */
	WL_SOCKET_FLAG_AGE_AT_LEAST = 2, /* the age is a lower bound */
};

/* A TCP socket as an iterator finds it; not on the ring. */
struct wl_socket_record {
	struct wl_tuple tuple;
	__u64 connection_id; /* 0: none */
	__u64 inode;         /* of the socket's file; 0: nobody holds it */
	__u32 age_ms;        /* in this state; WL_UNKNOWN_MS */
	__u32 uid;
	__u32 receive_queue; /* bytes; of a listener: connections that wait to be accepted */
	__u32 send_queue;    /* bytes that are not acknowledged; of a listener: how many connections may wait */
	__u8 state;          /* include/net/tcp_states.h; of a mini-socket in FIN_WAIT2 that, though it is a TIME_WAIT one */
	__u8 flags;          /* enum wl_socket_flag */
	__u16 _pad;
	__u32 _pad2;
};

/* A process that holds a TCP socket, or, without an inode, that is in a network namespace. */
struct wl_holder_record {
	struct wl_task task;
	__u64 inode; /* of the socket's file */
	__u32 fd;
	__u32 netns; /* inode number of the network namespace, of the socket or the process */
};

enum wl_cgroup_change {
	WL_CGROUP_CHANGE_CREATED = 0,
	WL_CGROUP_CHANGE_REMOVED = 1,
};

#define WL_CGROUP_PATH_BYTES 512

/* CGROUP: a folder of the hierarchy that tasks' cgroup ids are of. */
struct wl_cgroup_event {
	__u32 kind;
	__u32 change; /* enum wl_cgroup_change */
	__u64 time_ns;
	__u64 cgroup_id;
	char path[WL_CGROUP_PATH_BYTES]; /* from the root of the hierarchy; a longer one is cut */
};

/* Key of the edges map: a process and whom it talks to. Without a peer: all of the process. */
struct wl_edge_key {
	__u64 process_start_ns;
	struct wl_address peer_address;
	__u32 pid;
	__u32 netns;
	__u16 port; /* that of the service: the peer's for a client, its own for a server */
	__u8 role;  /* enum wl_edge_role */
	__u8 protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	__u32 _pad;
};

/* Counts wrap at 2^32: a reader takes differences. */
struct wl_histogram {
	__u64 sum_ns;
	__u64 max_ns[WL_HISTOGRAM_MAX_SLOTS]; /* by CPU number modulo the slots: no two CPUs race for one, up to that many */
	__u32 counts[WL_HISTOGRAM_BUCKETS];
};

/* Value of the edge_stats map. */
struct wl_edge_stats {
	char comm[WL_COMM_BYTES]; /* of the task that made the entry */
	__u64 cgroup_id;          /* of that task */
	__u64 sent_bytes;         /* that send calls took */
	__u64 send_blocked_ns;    /* waiting for send-buffer space */
	__u64 stall_ns;           /* retransmission timers that ran out */
	__u32 would_blocks;       /* send calls that took nothing (EAGAIN) */
	__u32 zero_windows;       /* send calls that waited for the peer's closed window */
	__u32 retransmits[WL_RETRANSMIT_TYPES];
	__u32 resets_sent;
	__u32 resets_received;
	__u32 failures; /* connects that were never established */
	__u32 drops;    /* received packets that were dropped for want of receive buffer */
	__u32 srtt_us;  /* the latest */
	__u32 min_rtt_us; /* the latest connection's least */
	__u32 _pad;
	struct wl_histogram stages[WL_STAGES]; /* by enum wl_stage */
};

/*
 * Value of the books map. What is counted in a histogram and not put on the ring has its count there, so that the hot
 * path pays for one count only. Whatever an event comes to, it is one of these: attempted is their sum.
 */
struct wl_book {
	__u64 submitted; /* put on the ring */
	__u64 lost;      /* the ring was full */
	__u64 filtered;
	__u64 invalid;
};

/* A set of numbers: in any of the included ranges (or none given), and in none of the excluded. */
struct wl_range {
	__u32 low;
	__u32 high;
};

struct wl_number_set {
	__u32 included; /* ranges[0 .. included) */
	__u32 excluded; /* ranges[included .. included + excluded) */
	struct wl_range ranges[WL_FILTER_RANGES];
};

struct wl_network {
	struct wl_address address;
	struct wl_address mask;
};

struct wl_network_set {
	__u32 included;
	__u32 excluded;
	struct wl_network networks[WL_FILTER_NETWORKS];
};

/* A comm that is compared up to its mask, so that a pattern may end in `*`. */
struct wl_comm_pattern {
	__u32 text[4];
	__u32 mask[4];
};

struct wl_comm_set {
	__u32 included;
	__u32 excluded;
	struct wl_comm_pattern patterns[WL_FILTER_COMMS];
};

/* The load-time configuration: constant for the verifier, so what is not asked for costs nothing. */
struct wl_config {
	__u64 epoch_ns;         /* CLOCK_MONOTONIC that event times count from */
	__u64 slow_ns;          /* connections: only those slower than this; 0: all */
	__u64 pickup_over_ns;   /* pickup rows: only those strictly over this */
	__u64 send_over_ns;     /* send rows: only those strictly over this */
	__u64 exchange_over_ns; /* ledgers of requests and replies that took longer; 0: none */
	__u64 history_over_ns;  /* histories of what took longer; 0: none, but for failures and timers */
	__u32 ip_version;       /* 4, 6, or 0 for both */
	__u32 selected_only;    /* only processes of the traced command */
	__u32 pickup_rows;      /* pickup samples cross the ring */
	__u32 send_rows;        /* send samples cross the ring */
	__u32 aggregate;        /* durations are counted in the kernel, by process */
	__u32 by_edge;          /* ... and peer */
	__u32 packet_rows;      /* retransmits, resets and drops cross the ring */
	__u32 ledger;           /* ledgers are kept */
	__u32 existing_rows;    /* connections that were there before wirelag cross the ring */
	__u32 state_rows;       /* changes of state cross the ring, and connections do not */
	__u32 has_rdonly_cast;  /* the kernel has bpf_rdonly_cast(): 6.2 */
	__u32 has_cookie;       /* tracing programs may ask for a socket's cookie: 5.12 */
	__u32 state_in_hash;    /* the state of sockets is kept in a hash, as sk_storage will not do */
	__u32 first_use_at_read; /* the pickup programs look for the first use of accepted sockets, too */
	__u32 datagrams_at_queued; /* ... and for datagrams that are queued */
	__u32 cgroup_v1;       /* 1 + the kernel's number of the controller whose v1 hierarchy tells who is who; 0: v2 does */
	__u32 cgroup_v1_hierarchy; /* its number in /proc/cgroups */
	__u32 by_cgroup;       /* tasks of cgroups that unwanted_cgroups holds are filtered */
	__u32 history;         /* the last events of each TCP socket are kept */
	__u32 connection_ledgers; /* ledgers of whole connections cross the ring */
	struct wl_number_set pids;
	struct wl_number_set tids;
	struct wl_number_set uids;
	struct wl_number_set netns;
	struct wl_number_set ports; /* either end */
	struct wl_number_set local_ports;
	struct wl_number_set peer_ports;
	struct wl_network_set hosts; /* either end */
	struct wl_network_set peers;
	struct wl_comm_set comms;
};

#endif
