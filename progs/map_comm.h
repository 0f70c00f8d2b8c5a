/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MAP_COMM_H
#define MAP_COMM_H

/* Every kind of buffer holds about as much: a thousand records or 64 KiB. */
#define COMM_SLOTS 1024
#define COMM_BYTES (1u << 16)

/* Two lines apart: the adjacent-line prefetcher of x86 moves lines in pairs. */
struct comm_index {
	unsigned long long v;
} __attribute__((aligned(128)));

#endif
