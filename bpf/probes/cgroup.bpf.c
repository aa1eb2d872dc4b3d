// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cgroups that come and go: so the path of a container's is known before its first task runs, and after its last.
 * Only those of the hierarchy that tasks' cgroup ids are of.
 */
#include "../lib/config.h"
#include "../maps/events.h"

static __always_inline bool is_watched(const struct cgroup *cgroup)
{
	int hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);

	return cfg.cgroup_v1 ? hierarchy == (int)cfg.cgroup_v1_hierarchy : hierarchy == 0;
}

/* Written in the ring: it is too large for the stack. */
static __always_inline int submit_change(const struct cgroup *cgroup, const char *path, __u32 change)
{
	struct wl_cgroup_event *event;

	if (!is_watched(cgroup))
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		COUNT(WL_SIGNAL_CGROUP, lost);
		return 0;
	}
	event->kind = WL_EVENT_KIND_CGROUP;
	event->change = change;
	event->time_ns = since_epoch(bpf_ktime_get_ns());
	event->cgroup_id = BPF_CORE_READ(cgroup, kn, id);
	bpf_probe_read_kernel_str(event->path, sizeof(event->path), path);
	COUNT(WL_SIGNAL_CGROUP, submitted);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_created_tp, struct cgroup *cgroup, const char *path)
{
	return submit_change(cgroup, path, WL_CGROUP_CHANGE_CREATED);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_removed_tp, struct cgroup *cgroup, const char *path)
{
	return submit_change(cgroup, path, WL_CGROUP_CHANGE_REMOVED);
}

char LICENSE[] SEC("license") = "GPL";
