// SPDX-License-Identifier: GPL-2.0-only
/* Types reach an object's BTF only when something uses them: one pointer to each that crosses the border. */
#include <kernel.h>
#include "wire.h"

#define CROSSES(tag, type) const tag type *crosses_##type __attribute__((unused))

CROSSES(enum, wl_event_kind);
CROSSES(enum, wl_signal);
CROSSES(enum, wl_owner_source);
CROSSES(enum, wl_connection_flag);
CROSSES(enum, wl_sample_flag);
CROSSES(enum, wl_stage);
CROSSES(enum, wl_edge_role);
CROSSES(enum, wl_retransmit_type);
CROSSES(enum, wl_reset_direction);
CROSSES(enum, wl_ledger_stage);
CROSSES(enum, wl_ledger_span);
CROSSES(struct, wl_open_event);
CROSSES(struct, wl_close_event);
CROSSES(struct, wl_sample_event);
CROSSES(struct, wl_packet_event);
CROSSES(struct, wl_ledger_event);
CROSSES(struct, wl_state_event);
CROSSES(enum, wl_history_trigger);
CROSSES(enum, wl_history_what);
CROSSES(struct, wl_history_event);
CROSSES(enum, wl_socket_flag);
CROSSES(struct, wl_socket_record);
CROSSES(struct, wl_holder_record);
CROSSES(enum, wl_cgroup_change);
CROSSES(struct, wl_cgroup_event);
CROSSES(struct, wl_edge_key);
CROSSES(struct, wl_edge_stats);
CROSSES(struct, wl_book);
CROSSES(struct, wl_config);

char LICENSE[] SEC("license") = "GPL";
