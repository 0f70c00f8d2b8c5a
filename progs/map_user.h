/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MAP_USER_H
#define MAP_USER_H

#define USER_ENTRIES 1024
#define USER_BATCH_ENTRIES 256	/* where a system call takes them all: far below a tick */

/* Room for 14 563 records in the ring buffer: 64 bytes and a header of 8. */
#define USER_RING_SZ (1u << 20)

#endif
