// SPDX-License-Identifier: GPL-2.0-only
/*
 * What did each version of BPF's instruction set gain? Measured: one C function (jit_isa.h),
 * compiled with -mcpu=v1 ... v4, called once in a run of a tc program; per round of its loop. Not
 * measured: a compiler's other differences; the caller is v3.
 * Bias: the call is 1/64 of a run and in no baseline.
 */
#include "bench.bpf.h"
#include "jit_isa.h"

/* Written by user space: a value the verifier cannot know. */
volatile __u64 seed;
volatile __u64 result;

extern __u64 isa_v1(__u64 seed);
extern __u64 isa_v2(__u64 seed);
extern __u64 isa_v3(__u64 seed);
extern __u64 isa_v4(__u64 seed);

#define PER_ROUND __driver("test_run") __ops("64")

SEC("?tc") __bench("a run without the function, divided by 64") PER_ROUND __baseline("once")
int empty(struct __sk_buff *skb)
{
	__u64 x = seed;

	(void)skb;
	bench_hide(x);
	result = x;
	return 0;
}

#define VERSION(name, tags)									\
SEC("?tc") __bench("a round of the function as ISA " #name) PER_ROUND __baseline("empty")	\
__xlated("call_pc+1") __xlated("jump+2") tags							\
int name(struct __sk_buff *skb)								\
{											\
	(void)skb;									\
	result = isa_##name(seed);							\
	return 0;									\
}

VERSION(v1, )
VERSION(v2, )
VERSION(v3, )
VERSION(v4, __needs("isa_v4"))
