// SPDX-License-Identifier: GPL-2.0-only
#include "config.h"

const volatile struct wl_config cfg = {};

char LICENSE[] SEC("license") = "GPL";
