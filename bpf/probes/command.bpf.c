// SPDX-License-Identifier: GPL-2.0-only
/* The processes of a traced command: its children join at fork, and leave when their last thread exits. */
#include "../lib/task.h"
#include "../maps/selected.h"

SEC("tp_btf/sched_process_fork")
int BPF_PROG(command_fork_tp, struct task_struct *parent, struct task_struct *child)
{
	__u32 child_pid = child->tgid;
	__u64 start_ns = process_start_ns(child);

	if (parent->tgid != child->tgid && is_selected(parent->tgid))
		bpf_map_update_elem(&selected_processes, &child_pid, &start_ns, BPF_ANY);
	return 0;
}

/* By now the pid may be another process's. */
SEC("tp_btf/sched_process_free")
int BPF_PROG(command_free_tp, struct task_struct *task)
{
	__u32 pid = task->tgid;
	__u64 *start_ns;

	if (task->pid != task->tgid)
		return 0;
	start_ns = bpf_map_lookup_elem(&selected_processes, &pid);
	if (start_ns && (!*start_ns || *start_ns == task->start_boottime))
		bpf_map_delete_elem(&selected_processes, &pid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
