// SPDX-License-Identifier: GPL-2.0-only
/* Types reach an object's BTF only when something uses them: one pointer to each that crosses the border. */
#include <kernel.h>
#include "wire.h"

#define CROSSES(tag, type) const tag type *crosses_##type __attribute__((unused))

CROSSES(enum, wl_event_kind);
CROSSES(enum, wl_signal);
CROSSES(enum, wl_owner_source);
CROSSES(enum, wl_connection_flag);
CROSSES(enum, wl_pickup_flag);
CROSSES(struct, wl_open_event);
CROSSES(struct, wl_close_event);
CROSSES(struct, wl_pickup_event);
CROSSES(struct, wl_process_key);
CROSSES(struct, wl_histogram);
CROSSES(struct, wl_book);
CROSSES(struct, wl_config);

char LICENSE[] SEC("license") = "GPL";
