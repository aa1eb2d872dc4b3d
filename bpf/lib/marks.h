/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_MARKS_H
#define WIRELAG_MARKS_H

#include "../maps/socket-state.h"
#include "log2.h"

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

/* Bytes from state->end_seq up to rcv_nxt were queued at `now`. */
static __always_inline void mark_queued(struct sock *sk, bool typed, struct socket_state *state, __u32 copied_seq,
					__u32 rcv_nxt, __u64 now_ns)
{
	__u32 start_seq = state->end_seq;
	struct unread_marks *marks;
	struct unread_mark *mark;
	__u32 shift;

	state->end_seq = rcv_nxt;
	if (!seq_before(copied_seq, start_seq)) { /* all before has been read: the queue starts anew */
		state->read_seq = copied_seq;
		state->oldest_ns = now_ns;
		state->newest_ns = now_ns;
		state->later_marks = 0;
		state->flags &= ~UNREAD_AT_LEAST;
		return;
	}
	shift = cell_shift(now_ns - state->oldest_ns);
	if (now_ns >> shift == state->newest_ns >> shift)
		return;
	marks = unread_marks_of(sk, typed, true);
	if (!marks)
		return;
	if (state->later_marks >= LATER_MARKS)
		state->later_marks = thin_marks(marks, shift);
	mark = &marks->ring[(marks->first + state->later_marks) & (LATER_MARKS - 1)];
	mark->queued_ns = now_ns;
	mark->seq = start_seq;
	state->newest_ns = now_ns;
	state->later_marks++;
}

/* Everything before copied_seq has been read: the oldest mark becomes that of the byte at copied_seq. */
static __always_inline void retire_marks(struct sock *sk, bool typed, struct socket_state *state, __u32 copied_seq)
{
	struct unread_marks *marks;

	state->read_seq = copied_seq;
	if (!state->later_marks)
		return;
	marks = unread_marks_of(sk, typed, false);
	if (!marks)
		return;
	for (__u32 i = 0; i < LATER_MARKS; i++) {
		struct unread_mark *mark = &marks->ring[marks->first & (LATER_MARKS - 1)];

		if (!state->later_marks || seq_before(copied_seq, mark->seq))
			break;
		state->oldest_ns = mark->queued_ns;
		state->flags &= ~UNREAD_AT_LEAST;
		marks->first++;
		state->later_marks--;
	}
}

#endif
