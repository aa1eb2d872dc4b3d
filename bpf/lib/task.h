/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_TASK_H
#define WIRELAG_TASK_H

#include <kernel.h>
#include "../wire/wire.h"

static __always_inline __u64 process_start_ns(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, start_boottime);
}

/* Only where the current task is the one that acts: never in softirq, whose current task is a bystander. */
static __always_inline void read_current_task(struct wl_task *out, __u32 source)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	out->pid = pid_tgid >> 32;
	out->tid = (__u32)pid_tgid;
	out->process_start_ns = process_start_ns((struct task_struct *)bpf_get_current_task());
	out->uid = (__u32)bpf_get_current_uid_gid();
	out->source = source;
	bpf_get_current_comm(out->comm, sizeof(out->comm));
}

static __always_inline void read_task(struct task_struct *task, struct wl_task *out, __u32 source)
{
	out->pid = BPF_CORE_READ(task, tgid);
	out->tid = BPF_CORE_READ(task, pid);
	out->process_start_ns = process_start_ns(task);
	out->uid = BPF_CORE_READ(task, cred, uid.val);
	out->source = source;
	BPF_CORE_READ_STR_INTO(&out->comm, task, comm);
}

#endif
