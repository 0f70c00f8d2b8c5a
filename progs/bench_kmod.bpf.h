/* SPDX-License-Identifier: GPL-2.0-only */
/* Kfuncs of runner/kmod, for sched_cls and xdp programs with __needs("kmod"). */
#ifndef BENCH_KMOD_BPF_H
#define BENCH_KMOD_BPF_H

#include "bench.bpf.h"

extern __u64 bench_kmod_nop(__u64 x) __ksym __weak;
extern __u64 bench_kmod_memcpy(void *dst, __u32 dst__sz, const void *src, __u32 src__sz)
	__ksym __weak;
extern __u64 bench_kmod_loop_empty(__u64 nr_ops) __ksym __weak;
extern __u64 bench_kmod_loop_memcpy(void *slots, __u32 slots__sz, const void *obj, __u32 obj__sz,
				    __u64 nr_ops) __ksym __weak;
extern __u64 bench_kmod_loop_fib(__u64 n, __u64 nr_ops) __ksym __weak;
extern __u64 bench_kmod_loop_sum(const void *data, __u32 data__sz, __u64 n, __u64 nr_ops)
	__ksym __weak;

/*
 * Operations in a loop of native code. The body is a whole batch: it calls a bench_kmod_loop_ kfunc
 * for nr_ops operations and returns the sum it got, 0 if it could not call it.
 */
#define BENCH_NATIVE(name, tags)								\
static __always_inline __u64 name##_batch(struct __sk_buff *ctx, __u64 nr_ops);		\
											\
SEC("?tc") tags __needs("kmod")								\
int name(struct __sk_buff *ctx)								\
{											\
	__u64 nr_ops = bench_args[BENCH_ARG_CHUNKS] * BENCH_CHUNK;			\
	__u64 start, sum, end;								\
											\
	start = bpf_ktime_get_ns();							\
	sum = name##_batch(ctx, nr_ops);						\
	end = bpf_ktime_get_ns();							\
	bench_states[0].start = start;							\
	bench_states[0].end = end;							\
	bench_states[0].done = nr_ops;							\
	bench_states[0].sink = sum;							\
	return 0;									\
}											\
											\
static __always_inline __u64 name##_batch(struct __sk_buff *ctx __attribute__((unused)),	\
					  __u64 nr_ops)

#endif
