// SPDX-License-Identifier: Apache-2.0
#pragma once

/// accept() by way of io_uring: no accept system call is made. Returns the new descriptor, or -1 with errno set.
int UringAccept(int listener);
