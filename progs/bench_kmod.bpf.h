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

#endif
