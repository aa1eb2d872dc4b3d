// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Enters `count` flows of TCP into the connection tracking of this network namespace, all established and assured, so
/// that none makes room for another. What finds no room is left out. Returns `count`, or -1 with errno.
long FillConntrack(long count);
