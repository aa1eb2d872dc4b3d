/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_TASK_H
#define WIRELAG_TASK_H

#include <kernel.h>
#include "../wire/wire.h"
#include "config.h"

static __always_inline __u64 process_start_ns(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, start_boottime);
}

/* The current task and its process, told apart from all others there ever were. */
struct current_process {
	__u64 pid_tgid; /* as bpf_get_current_pid_tgid() returns it */
	__u64 start_ns;
};

/* One call where the kernel gives the task as its type (5.11+): every call from a program counts on the hot path. */
static __always_inline struct current_process current_process(void)
{
	struct current_process result;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		struct task_struct *task = bpf_get_current_task_btf();

		result.pid_tgid = ((__u64)(__u32)task->tgid << 32) | (__u32)task->pid;
		result.start_ns = task->group_leader->start_boottime;
	} else {
		result.pid_tgid = bpf_get_current_pid_tgid();
		result.start_ns = process_start_ns((struct task_struct *)bpf_get_current_task());
	}
	return result;
}

static __always_inline __u32 current_tid(void)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf))
		return bpf_get_current_task_btf()->pid;
	return (__u32)bpf_get_current_pid_tgid();
}

/* The folder that tells what container or unit a task is in. */
static __always_inline __u64 cgroup_id_of(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *controller = NULL;

	if (!cfg.cgroup_v1)
		return BPF_CORE_READ(set, dfl_cgrp, kn, id);
	bpf_probe_read_kernel(&controller, sizeof(controller), (void *)&set->subsys[0] + (cfg.cgroup_v1 - 1) * sizeof(void *));
	return BPF_CORE_READ(controller, cgroup, kn, id);
}

/* Only where the current task is the one that acts: never in softirq, whose current task is a bystander. */
static __always_inline void read_current_task(struct wl_task *out, __u32 source)
{
	struct current_process process = current_process();

	out->pid = process.pid_tgid >> 32;
	out->tid = (__u32)process.pid_tgid;
	out->process_start_ns = process.start_ns;
	out->cgroup_id = cgroup_id_of((struct task_struct *)bpf_get_current_task());
	out->uid = (__u32)bpf_get_current_uid_gid();
	out->source = source;
	bpf_get_current_comm(out->comm, sizeof(out->comm));
}

static __always_inline void read_task(struct task_struct *task, struct wl_task *out, __u32 source)
{
	out->pid = BPF_CORE_READ(task, tgid);
	out->tid = BPF_CORE_READ(task, pid);
	out->process_start_ns = process_start_ns(task);
	out->cgroup_id = cgroup_id_of(task);
	out->uid = BPF_CORE_READ(task, cred, uid.val);
	out->source = source;
	BPF_CORE_READ_STR_INTO(&out->comm, task, comm);
}

#endif
