/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_STEAL_H
#define BENCH_STEAL_H

#include <stdint.h>

/*
 * Ticks that the hypervisor took from CPU @cpu; 0 where it does not say. *@fd: -1 before the first
 * call, which opens it.
 */
uint64_t steal_read(int *fd, int cpu);

#endif
