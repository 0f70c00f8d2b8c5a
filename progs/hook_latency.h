/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOOK_LATENCY_H
#define HOOK_LATENCY_H

/* Of both ends. */
#define LATENCY_PORT 4000

#endif
