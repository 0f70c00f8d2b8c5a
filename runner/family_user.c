// SPDX-License-Identifier: GPL-2.0-only
/* Batches of what user space does; declared in prog_tests/bench_family.h. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "bench_family.h"

/* What was freed is then given back: a grace period of RCU is some 10 ms where nothing happens. */
#define SETTLE_NS 20000000
#define BEHIND_TICK_NS 50000
/* Elsewhere: what is ready to run on this CPU does so now. */
#define SHORT_US 100
/*
 * bench_run_each() in a counted guest: operations in front of the one that counts; from what length
 * on one gets a tick of its own, and one in front is enough.
 */
#define NR_WARM 2
#define LONG_INSNS 1000000

#define JIT_ENABLE "/proc/sys/net/core/bpf_jit_enable"

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
uint64_t bench_meet_tick(void)
{
	uint64_t before = coarse_now_ns();

	while (coarse_now_ns() == before)
		;
	return bench_now_ns();
}

/*
 * A vmalloc() area that is freed keeps its addresses until so many are that the kernel makes an
 * end of all, and each allocation in between walks a tree that has changed. Making a program
 * read-only does it now, and where the interpreter runs it that is done.
 */
static void purge_vmap(void)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = open(JIT_ENABLE, O_RDWR | O_CLOEXEC), prog;
	char was;

	if (fd < 0)
		return;
	/* A kernel without an interpreter refuses it. */
	if (pread(fd, &was, 1, 0) == 1 && pwrite(fd, "0", 1, 0) == 1) {
		prog = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "purge", "GPL", code, 2, NULL);
		if (prog >= 0)
			close(prog);
		if (pwrite(fd, &was, 1, 0) != 1)
			perror(JIT_ENABLE);
	}
	close(fd);
}

void bench_wait_behind_tick(uint64_t tick)
{
	uint64_t tick_ns, until;
	struct timespec ts;

	clock_getres(CLOCK_MONOTONIC_COARSE, &ts);
	tick_ns = ts.tv_nsec;
	until = bench_now_ns() + SETTLE_NS;
	until = tick + (until - tick) / tick_ns * tick_ns + tick_ns + BEHIND_TICK_NS;
	ts = (struct timespec){ until / 1000000000, until % 1000000000 };
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

void bench_settle(struct bench_run *r)
{
	if (!r->is_counted) {
		usleep(SHORT_US);
		return;
	}
	usleep(SETTLE_NS / 1000);
	purge_vmap();
	bench_wait_behind_tick(r->tick);
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

/*
 * The kernel's allocators answer by what was asked of them before. So the operation that counts
 * begins where everything freed has been given back, and behind NR_WARM of its own kind, which are
 * not taken away before it: they have filled the free lists, made the nodes that its ID needs, and
 * woken the kernel's threads.
 */
static int run_counted(struct bench_run *r, struct bench_batch *b, int (*once)(struct bench_run *))
{
	uint64_t start;
	int i, err = 0;

	b->done = 1;
	bench_settle(r);
	set_real_time(true);
	for (i = 0; i <= NR_WARM && !err; i++) {
		if (b->elapsed > LONG_INSNS) {
			bench_settle(r);
			i = NR_WARM;
		}
		start = bench_now_ns();
		err = once(r);
		b->elapsed = bench_now_ns() - start;
	}
	set_real_time(false);
	return err;
}

int bench_run_each(struct bench_run *r, uint64_t ops, struct bench_batch *b,
		   int (*once)(struct bench_run *), void (*undo)(struct bench_run *))
{
	int err = 0;

	if (r->is_counted) {
		err = run_counted(r, b, once);
		undo(r);
		return err;
	}
	bench_settle(r);
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
