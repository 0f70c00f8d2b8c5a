/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOOK_REACH_H
#define HOOK_REACH_H

/* Packets in flight at most: a power of two, a multiple of the traffic source's batch. */
#define REACH_SLOTS 64

#endif
