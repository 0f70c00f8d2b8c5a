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
 * The calling thread, and those it starts from now on, give way to no ordinary one, and not to
 * each other unless they sleep. Kernel threads, ksoftirqd among them, wait as well. 0 or -errno.
 */
int become_realtime(void);
#define REALTIME_HINT "SCHED_FIFO is refused (CAP_SYS_NICE, RLIMIT_RTPRIO or the cgroup's " \
		      "cpu.rt_runtime_us)"
/*
 * Up to @max CPUs that this process may use, each on a core of its own, the last ones first (the
 * first CPU serves more interrupts). Returns how many.
 */
int pick_cpus(int *cpus, int max);

#endif
