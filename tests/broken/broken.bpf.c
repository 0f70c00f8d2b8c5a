// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measurements that are wrong on purpose, each in one way: none of them may yield a figure. Built
 * into a runner of its own by tests/check_refused.sh.
 */
#include "bench.bpf.h"

BENCH(good, __bench("nothing is wrong with it"))
{
	return i;
}

BENCH(wrong_sum, __bench("returns something else than the family expects"))
{
	return i + 1;
}

BENCH(random_sum, __bench("returns something else in each batch"))
{
	return bpf_get_prandom_u32();
}

BENCH(removed, __bench("the operation is not in the program")
	       __baseline("good") __xlated("call+1"))
{
	return i;
}

/* A loop of its own that tells of the batch what it likes. */
#define LIAR(name, tags, worker_1_starts, worker_1_does)				\
SEC("?raw_tp") tags __needs("bpf_loop")							\
int name(__u64 *args)									\
{											\
	__u64 worker = args[BENCH_ARG_WORKER] & (BENCH_STATE_WORKERS - 1);		\
	__u64 now;									\
											\
	bench_hide(worker);								\
	now = bpf_ktime_get_ns();							\
	bench_states[worker].start = worker ? now + (worker_1_starts) : now;		\
	bench_states[worker].end = bench_states[worker].start + 1000;			\
	bench_states[worker].done = worker ? (worker_1_does) : 64;			\
	return 0;									\
}

LIAR(one_after_the_other, __bench("workers that do not overlap") __workers("2"), 1000000000, 64)
LIAR(idle_worker, __bench("a worker that does nothing") __workers("2"), 0, 0)
LIAR(too_few, __bench("does 64 operations whatever it is asked for") __batch("128"), 0, 64)

SEC("?tc")
__bench("returns 1 instead of 0") __driver("test_run") __baseline("once")
int wrong_retval(struct __sk_buff *skb)
{
	(void)skb;
	return 1;
}

SEC("?tc")
__bench("does not attach") __driver("attach")
int unattached(struct __sk_buff *skb)
{
	(void)skb;
	return 0;
}

BENCH_USER(no_effect, __bench("says it did what it did not"))
BENCH_USER(nothing_done, __bench("does no operation"))
BENCH_USER(crash, __bench("crashes in its batch"))
