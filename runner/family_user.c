// SPDX-License-Identifier: GPL-2.0-only
/* Batches of what user space does; declared in prog_tests/bench_family.h. */
#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "bench_family.h"

/* What was freed is then given back: a grace period of RCU is some 10 ms where nothing happens. */
#define SETTLE_NS 20000000
#define BEHIND_TICK_NS 50000
/* Elsewhere: what is ready to run on this CPU does so now. */
#define SHORT_US 100
/* bench_run_each() in a counted guest: operations in a row, and instructions of them. */
#define NR_COUNTED 16
#define COUNTED_INSNS 1500000

static long involuntary_switches(void)
{
	struct rusage now;

	getrusage(RUSAGE_THREAD, &now);
	return now.ru_nivcsw;
}

void bench_start(struct bench_batch *b)
{
	b->is_watched = true;
	b->switches_before = involuntary_switches();
	b->start = bench_now_ns();
}

void bench_stop(struct bench_batch *b)
{
	b->elapsed += bench_now_ns() - b->start;
	b->switches += involuntary_switches() - b->switches_before;
}

static uint64_t coarse_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* The coarse clock moves on in the tick itself; the CPU must be busy to have one. */
static uint64_t meet_tick(void)
{
	uint64_t before = coarse_now_ns();

	while (coarse_now_ns() == before)
		;
	return bench_now_ns();
}

void bench_settle(struct bench_run *r)
{
	uint64_t tick_ns, until;
	struct timespec ts;

	if (!r->is_counted) {
		usleep(SHORT_US);
		return;
	}
	clock_getres(CLOCK_MONOTONIC_COARSE, &ts);
	tick_ns = ts.tv_nsec;
	if (!r->tick)
		r->tick = meet_tick();
	until = bench_now_ns() + SETTLE_NS;
	until = r->tick + (until - r->tick) / tick_ns * tick_ns + tick_ns + BEHIND_TICK_NS;
	ts = (struct timespec){ until / 1000000000, until % 1000000000 };
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

/*
 * Which allocation finds its slab or its list of pages empty hangs on all that ran before: the
 * cheapest of some operations in a row, what disturbs only adds.
 */
static int run_counted(struct bench_run *r, struct bench_batch *b, int (*once)(struct bench_run *))
{
	uint64_t start, elapsed, sum = 0, least = UINT64_MAX;
	int i, err = 0;

	for (i = 0; i < NR_COUNTED && sum < COUNTED_INSNS && !err; i++) {
		start = bench_now_ns();
		err = once(r);
		elapsed = bench_now_ns() - start;
		sum += elapsed;
		if (elapsed < least)
			least = elapsed;
	}
	b->done = 1;
	b->elapsed = least;
	return err;
}

/*
 * What an operation leaves to a kernel thread runs as soon as that thread is woken, on this CPU:
 * with real-time priority, in front of it, the thread waits until the operations are done. Where
 * that is not allowed the batch is flagged as switched.
 */
static void set_real_time(bool is_on)
{
	const struct sched_param p = { .sched_priority = is_on };

	sched_setscheduler(0, is_on ? SCHED_FIFO : SCHED_OTHER, &p);
}

int bench_run_each(struct bench_run *r, uint64_t ops, struct bench_batch *b,
		   int (*once)(struct bench_run *), void (*undo)(struct bench_run *))
{
	int err = 0;

	bench_settle(r);
	if (r->is_counted) {
		set_real_time(true);
		err = run_counted(r, b, once);
		set_real_time(false);
		undo(r);
		return err;
	}
	while (ops && !err) {
		uint64_t nr = ops < BENCH_MAX_KEPT ? ops : BENCH_MAX_KEPT;

		ops -= nr;
		set_real_time(true);
		bench_start(b);
		for (; nr && !err; nr--)
			err = once(r);
		bench_stop(b);
		set_real_time(false);
		undo(r);
	}
	return err;
}
