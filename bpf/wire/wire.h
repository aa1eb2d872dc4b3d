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
#define WL_HISTOGRAM_MAX_SLOTS 16

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
};

/* What the books are kept for; also the index into the books map. */
enum wl_signal {
	WL_SIGNAL_PENDING = 0,
	WL_SIGNAL_CONNECT = 1, /* established and failed ones */
	WL_SIGNAL_ACCEPT = 2,
	WL_SIGNAL_CLOSE = 3,
	WL_SIGNAL_PICKUP = 4,
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
};

enum wl_pickup_flag {
	WL_PICKUP_FLAG_AT_LEAST = 1, /* the data came before wirelag: the latency is a lower bound */
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
	__u32 uid;
	__u32 source; /* enum wl_owner_source */
	char comm[WL_COMM_BYTES];
};

/* PENDING, CONNECT, FAIL, ACCEPT. Times are in ns after the epoch of the configuration. */
struct wl_open_event {
	__u32 kind;
	__u32 error; /* errno of a FAIL */
	__u64 time_ns;
	__u64 connection_id; /* socket cookie where the kernel gives it */
	struct wl_tuple tuple;
	struct wl_task owner;
	__u64 handshake_ns; /* connect: SYN sent to established or failed; accept: SYN-ACK sent to ACK received */
	__u64 accept_queue_ns;
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
};

struct wl_pickup_event {
	__u32 kind;
	__u32 flags; /* enum wl_pickup_flag */
	__u64 time_ns;
	__u64 connection_id;
	struct wl_tuple tuple;
	struct wl_task reader;
	__u64 latency_ns;
};

/* Key of the process_slots map. */
struct wl_process_key {
	__u64 process_start_ns;
	__u32 pid;
	__u32 _pad;
};

/* Value of the pickup_histograms map. */
struct wl_histogram {
	__u64 sum_ns;
	char comm[WL_COMM_BYTES];             /* of the task that made the entry */
	__u64 max_ns[WL_HISTOGRAM_MAX_SLOTS]; /* by CPU number modulo the slots: no two CPUs race for one, up to that many */
	__u64 counts[WL_HISTOGRAM_BUCKETS];
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
	__u32 ip_version;       /* 4, 6, or 0 for both */
	__u32 selected_only;    /* only processes of the traced command */
	__u32 pickup_rows;      /* pickup samples cross the ring */
	__u32 pickup_histogram; /* pickup samples are counted per process */
	__u32 has_rdonly_cast;  /* the kernel has bpf_rdonly_cast(): 6.2 */
	__u32 has_cookie;       /* tracing programs may ask for a socket's cookie: 5.12 */
	__u32 unread_in_hash;   /* what is unread is kept in a hash, as sk_storage will not do */
	__u32 _pad;
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
