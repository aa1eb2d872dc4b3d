/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_CPU_WAIT_H
#define WIRELAG_CPU_WAIT_H

#include <kernel.h>

/* Cgroups with a quota that a task may be in one inside the other. */
#define MAX_TASK_GROUPS 4

/* For how long all of the task's cgroups were throttled, which keeps it off the run queue. */
static __always_inline __u64 throttled_ns(const struct task_struct *task)
{
	struct task_group *group = NULL;
	__u64 sum_ns = 0;

	if (!bpf_core_field_exists(task->sched_task_group) || !bpf_core_field_exists(group->cfs_bandwidth))
		return 0;
	group = BPF_CORE_READ(task, sched_task_group);
	for (int i = 0; i < MAX_TASK_GROUPS && group; i++) {
		sum_ns += BPF_CORE_READ(group, cfs_bandwidth.throttled_time);
		group = BPF_CORE_READ(group, parent);
	}
	return sum_ns;
}

/* How long the task wanted a CPU and had none, ever. */
static __always_inline __u64 cpu_delay_ns(const struct task_struct *task)
{
	if (!bpf_core_field_exists(task->sched_info.run_delay))
		return 0;
	return BPF_CORE_READ(task, sched_info.run_delay) + throttled_ns(task);
}

#endif
