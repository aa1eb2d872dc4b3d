/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_UNREAD_H
#define WIRELAG_UNREAD_H

#include "../lib/config.h"
#include "../lib/log2.h"
#include "../lib/socket.h"
#include "../lib/task.h"

/*
 * What a socket has in its receive queue, and since when: marks of (sequence number, time), each for the bytes from its
 * own number up to the next mark's. Set when data is queued, retired as copied_seq passes them. All of it is touched
 * only under the socket's lock, by the softirq that queues or by the task that reads.
 *
 * The mark of the oldest byte stands in the socket's own entry; the others exist only while more data arrives before
 * the reader came, in a second map, so that a socket of the usual kind costs 64 bytes and not 2 KiB.
 */
struct unread {
	__u64 oldest_ns;
	__u64 newest_ns;         /* time of the last mark */
	__u64 last_read_ns;
	struct current_process reader; /* who read last, and the slot of its process in pickup_histograms */
	__u32 reader_slot;
	__u32 read_seq;          /* copied_seq when last looked at: what is before it has been read */
	__u32 end_seq;           /* rcv_nxt when last looked at: what is from here on has no mark yet */
	__u32 later_marks;       /* how many marks of unread_marks are in use */
	__u32 flags;             /* UNREAD_* */
	__u32 _pad;
};

#define UNREAD_KNOWN 1    /* read_seq and end_seq are set */
#define UNREAD_AT_LEAST 2 /* the oldest mark is of data that came before wirelag */

/* Key: socket. Freed by the kernel with the socket. */
struct unread_map {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct unread);
};
struct unread_map unread SEC(".maps") __weak;

#define LATER_MARKS 128

struct unread_mark {
	__u64 queued_ns;
	__u32 seq;
	__u32 _pad;
};

/* A queue in a ring: the first of `unread.later_marks` marks is at `first`. */
struct unread_marks {
	__u32 first;
	__u32 _pad;
	struct unread_mark ring[LATER_MARKS];
};

/* Key: socket. Freed by the kernel with the socket. */
struct unread_marks_map {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct unread_marks);
};
struct unread_marks_map unread_marks SEC(".maps") __weak;

/*
 * Marks stand on a grid in time, one for the first arrival in each cell. The cell is a power of two, 131 µs at the least
 * and 1/100 to 1/50 of the age of the queue: so never more than 101 marks are needed, and a byte's age is told too long
 * by 2 % of the queue's age at the most. A coarser cell is made of whole finer ones, so thinning adds no error to error.
 */
#define MIN_CELL_SHIFT 17

static __always_inline __u32 cell_shift(__u64 age_ns)
{
	__u64 cells = (age_ns / 50) >> MIN_CELL_SHIFT;

	return MIN_CELL_SHIFT + log2_u32(cells > 0xffffffff ? 0xffffffff : cells);
}

/*
 * Makes room in a full ring: of the marks in one cell the first stays. Without branches, as the verifier would follow
 * each way through 128 of them. Returns how many marks are left.
 */
static __always_inline __u32 thin_marks(struct unread_marks *marks, __u32 shift)
{
	__u64 kept_cell = ~0ULL;
	__u32 kept = 0;

	for (__u32 i = 0; i < LATER_MARKS; i++) {
		struct unread_mark mark = marks->ring[(marks->first + i) & (LATER_MARKS - 1)];
		__u64 difference = (mark.queued_ns >> shift) ^ kept_cell;
		__u64 keep = difference | -difference; /* the highest bit: another cell */

		barrier_var(keep); /* or clang makes a branch of it, here ... */
		keep >>= 63;
		barrier_var(keep); /* ... and here */
		marks->ring[(marks->first + kept) & (LATER_MARKS - 1)] = mark;
		kept_cell ^= difference & -keep;
		kept += keep;
	}
	return kept;
}

/* Bytes from unread->end_seq up to rcv_nxt were queued at `now`. */
static __always_inline void mark_queued(struct sock *sk, struct unread *unread, __u32 copied_seq, __u32 rcv_nxt,
					__u64 now_ns)
{
	__u32 start_seq = unread->end_seq;
	struct unread_marks *marks;
	struct unread_mark *mark;
	__u32 shift;

	unread->end_seq = rcv_nxt;
	if (!seq_before(copied_seq, start_seq)) { /* all before has been read: the queue starts anew */
		unread->read_seq = copied_seq;
		unread->oldest_ns = now_ns;
		unread->newest_ns = now_ns;
		unread->later_marks = 0;
		unread->flags &= ~UNREAD_AT_LEAST;
		return;
	}
	shift = cell_shift(now_ns - unread->oldest_ns);
	if (now_ns >> shift == unread->newest_ns >> shift)
		return;
	marks = bpf_sk_storage_get(&unread_marks, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!marks)
		return;
	if (unread->later_marks >= LATER_MARKS)
		unread->later_marks = thin_marks(marks, shift);
	mark = &marks->ring[(marks->first + unread->later_marks) & (LATER_MARKS - 1)];
	mark->queued_ns = now_ns;
	mark->seq = start_seq;
	unread->newest_ns = now_ns;
	unread->later_marks++;
}

/* Everything before copied_seq has been read: the oldest mark becomes that of the byte at copied_seq. */
static __always_inline void retire_marks(struct sock *sk, struct unread *unread, __u32 copied_seq)
{
	struct unread_marks *marks;

	unread->read_seq = copied_seq;
	if (!unread->later_marks)
		return;
	marks = bpf_sk_storage_get(&unread_marks, sk, 0, 0);
	if (!marks)
		return;
	for (__u32 i = 0; i < LATER_MARKS; i++) {
		struct unread_mark *mark = &marks->ring[marks->first & (LATER_MARKS - 1)];

		if (!unread->later_marks || seq_before(copied_seq, mark->seq))
			break;
		unread->oldest_ns = mark->queued_ns;
		unread->flags &= ~UNREAD_AT_LEAST;
		marks->first++;
		unread->later_marks--;
	}
}

#endif
