/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for RCU while nothing is timed. Each program taken off a hook waits for a grace period,
 * 10 to 20 ms on an idle machine. /sys/kernel/rcu_expedited makes the kernel ask the CPUs instead
 * of waiting for their ticks: some 50 us. It is the whole machine's, so a process that outlives
 * the run, however that ends, puts it back.
 */
#ifndef BENCH_RCU_H
#define BENCH_RCU_H

#include <stdbool.h>
#include <sys/types.h>

struct rcu {
	int fd;			/* -1: it cannot be set here, or is not ours to set */
	int alive;		/* closed with the last process that may set it */
	pid_t keeper;
};

void rcu_open(struct rcu *r);
/* Grace periods from here on; nothing where they cannot be set. */
void rcu_expedite(const struct rcu *r, bool is_on);
/* As they were before, and the keeper has gone. */
void rcu_close(struct rcu *r);

#endif
