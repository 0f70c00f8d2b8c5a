/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MAP_FLOWS_H
#define MAP_FLOWS_H

/* Flows drawn: 4 MiB of indices, read one behind the other; a power of two. */
#define FLOWS_DRAWN (1u << 20)

/* How full a map is, in percent. */
#define FLOWS_FILLED 90

#endif
