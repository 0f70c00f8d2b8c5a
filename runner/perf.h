/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_PERF_H
#define BENCH_PERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Hardware counters of the calling thread, kernel included, hypervisor not. Many machines have
 * none (most virtual ones, every guest of bench_vm under TCG), and some have counters that stand
 * still: one that did not move over work that must move it is missing, not 0.
 */
enum perf_counter {
	PERF_INSTRUCTIONS,
	PERF_CYCLES,
	PERF_L1D_MISSES,	/* loads that missed the L1 data cache */
	PERF_LLC_MISSES,	/* the kernel's "cache-misses": last level, on most CPUs */
	NR_PERF_COUNTERS,
};

struct perf_counts {
	bool has[NR_PERF_COUNTERS];
	uint64_t value[NR_PERF_COUNTERS];	/* since perf__open(): take differences */
};

/* As in struct perf_event_attr. */
struct perf_event {
	uint32_t type;
	uint64_t config;
};

struct perf;

/*
 * Opens those that count; some 10 ms of work find out. 0, or -errno with a clause in @err:
 * -EOPNOTSUPP when none counts, -EACCES when this process may not use them.
 */
int perf__open(struct perf **out, char *err, size_t err_sz);
/* The same with other events in the place of the hardware's. */
int perf__open_events(struct perf **out, const struct perf_event events[NR_PERF_COUNTERS],
		      char *err, size_t err_sz);
/* By the thread that opened it. A counter that did not run all the time is missing. */
void perf__read(const struct perf *p, struct perf_counts *c);
void perf__free(struct perf *p);

#endif
