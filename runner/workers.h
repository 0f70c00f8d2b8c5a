/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_WORKERS_H
#define BENCH_WORKERS_H

#include <stdbool.h>

/*
 * Threads that do one thing at the same time, each pinned to a CPU of its own; the caller is
 * worker 0. Between rounds of one bench they spin, so that all start within a microsecond.
 */
struct workers;

/* NULL and errno. @cpus: nr of them. */
struct workers *workers__new(const int *cpus, int nr);
/* Runs fn(ctx, worker) on all; returns when all are done. The first error, or 0. */
int workers__run(struct workers *w, int (*fn)(void *ctx, int worker), void *ctx);
void workers__free(struct workers *w);
/* Pins the calling thread. 0 or -errno. */
int pin_to_cpu(int cpu);
/*
 * Up to @max CPUs that this process may use, each on a core of its own, the last ones first (the
 * first CPU serves more interrupts). Returns how many.
 */
int pick_cpus(int *cpus, int max);

#endif
