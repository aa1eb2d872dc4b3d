/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_CPU_WAIT_H
#define WIRELAG_CPU_WAIT_H

#include "socket.h"

/* Cgroups with a quota that a task may be in one inside the other. */
#define MAX_TASK_GROUPS 4

/* For how long all of the task's cgroups were throttled, which keeps it off the run queue. */
static __always_inline __u64 throttled_ns(const struct task_struct *task, bool typed)
{
	struct task_group *group = NULL;
	__u64 sum_ns = 0;

	if (!bpf_core_field_exists(task->sched_task_group) || !bpf_core_field_exists(group->cfs_bandwidth))
		return 0;
	group = FIELD(typed, task, sched_task_group);
	for (int i = 0; i < MAX_TASK_GROUPS && group; i++) {
		sum_ns += FIELD(typed, group, cfs_bandwidth.throttled_time);
		group = FIELD(typed, group, parent);
	}
	return sum_ns;
}

/* How long the task wanted a CPU and had none, ever. */
static __always_inline __u64 cpu_delay_ns(const struct task_struct *task, bool typed)
{
	if (!bpf_core_field_exists(task->sched_info.run_delay))
		return 0;
	return FIELD(typed, task, sched_info.run_delay) + throttled_ns(task, typed);
}

/* The same of the current task: plain loads where the kernel gives it with its type (5.11+). */
static __always_inline __u64 current_cpu_delay_ns(void)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf))
		return cpu_delay_ns(bpf_get_current_task_btf(), TYPED);
	return cpu_delay_ns((const struct task_struct *)bpf_get_current_task(), UNTYPED);
}

#endif
