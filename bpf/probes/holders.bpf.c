// SPDX-License-Identifier: GPL-2.0-only
/* Who holds the sockets, by the open files of every process: each is read once for the whole host. */
#include "../lib/open-event.h"
#include "../lib/task.h"
#include "../maps/connections.h"

/* What tells a socket's file where bpf_sock_from_file() is missing, before 5.11. */
extern const void socket_file_ops __ksym __weak;

/* The socket of a file, as an address; NULL for a file that is none. */
static __always_inline struct sock *sock_of_file(struct file *file)
{
	struct socket *socket = NULL;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_sock_from_file))
		socket = bpf_sock_from_file(file);
	else if (file->f_op == &socket_file_ops)
		socket = file->private_data;
	return socket ? BPF_CORE_READ(socket, sk) : NULL;
}

SUBPROGRAM void emit_existing(const struct sock *sk, const struct connection *connection)
{
	struct wl_open_event event = {
		.kind = WL_EVENT_KIND_EXISTING,
		.connection_id = connection->id,
		.owner = connection->owner,
		.handshake_ns = WL_UNKNOWN_NS,
		.accept_queue_ns = WL_UNKNOWN_NS,
		.flags = connection->flags,
	};

	read_tuple(sk, UNTYPED, &event.tuple);
	emit_open(&event, WL_SIGNAL_EXISTING, bpf_ktime_get_ns(), false, true);
}

SEC("iter/task_file")
int existing_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct connection *connection;
	struct sock *sk;

	if (!task || !file)
		return 0;
	sk = sock_of_file(file);
	connection = sk ? connection_of(sk) : NULL;
	if (!connection || !(connection->flags & WL_CONNECTION_FLAG_EXISTING) || connection->owner.source)
		return 0;
	connection->flags |= WL_CONNECTION_FLAG_ACCEPTED;
	read_task(task, &connection->owner, WL_OWNER_SOURCE_EXISTING);
	if (cfg.existing_rows)
		emit_existing(sk, connection);
	return 0;
}

/*
 * The descriptors of a process follow each other, so it is read once for all of them. One reader at a time: each holds
 * programs of its own.
 */
static struct {
	__u64 session_id; /* of the reading that it was found in */
	__u64 address;
	struct wl_task task;
} last_holder;

static __always_inline void read_holder(struct bpf_iter__task_file *ctx, struct task_struct *task, struct wl_task *out)
{
	__u64 session_id = ctx->meta->session_id;

	if (last_holder.session_id != session_id || last_holder.address != (__u64)task ||
	    last_holder.task.tid != (__u32)task->pid) {
		read_task(task, &last_holder.task, WL_OWNER_SOURCE_EXISTING);
		last_holder.address = (__u64)task;
		last_holder.session_id = session_id;
	}
	*out = last_holder.task;
}

/* Every descriptor of a TCP socket. */
SEC("iter/task_file")
int socket_holders(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct wl_holder_record record = {};
	struct sock *sk;

	if (!task || !file)
		return 0;
	sk = sock_of_file(file);
	if (!sk || !is_tcp(sk))
		return 0;
	record.inode = file->f_inode->i_ino;
	record.fd = ctx->fd;
	record.netns = netns_of(sk, UNTYPED);
	read_holder(ctx, task, &record.task);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

/* Every process, for who is in a network namespace. */
SEC("iter/task")
int namespace_processes(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct wl_holder_record record = {};

	if (!task || task->pid != task->tgid || (task->flags & PF_KTHREAD))
		return 0;
	record.netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	if (!record.netns)
		return 0;
	read_task(task, &record.task, WL_OWNER_SOURCE_EXISTING);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
