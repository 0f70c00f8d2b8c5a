// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does it cost to compose a program of several stages? Measured: `depth` stages, each of which
 * adds to one counter, one after the other in one run of a tc program, built in several ways; per
 * stage, against the same stages in one body. Not measured: passing data between stages, packet
 * access. The frame limit (8) forbids nesting calls that deep: subprograms are called in sequence,
 * tail calls follow each other.
 * Bias: what is set up once in a run is in the figure of depth 1; slope_* are free of it.
 */
#include "bench.bpf.h"
#include "chain_call.h"
#include "bench_kmod.bpf.h"

/* struct bpf_dynptr, which kernels before 5.19 do not know. */
struct chain_dynptr {
	__u64 opaque[2];
} __attribute__((aligned(8)));

extern __u32 bpf_dynptr_size(const struct chain_dynptr *p) __ksym __weak;

const volatile __u64 depth = 1;

volatile __u64 hits;
char one_byte[8];
/* slots[k] = k, written by user space: an index the verifier cannot know. */
volatile __u32 slots[CHAIN_MAX_DEPTH + 1];

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, CHAIN_MAX_DEPTH);
	__type(key, __u32);
	__type(value, __u32);
} stages SEC(".maps");

#define TIMES_8(X, k) X(k) X(k + 1) X(k + 2) X(k + 3) X(k + 4) X(k + 5) X(k + 6) X(k + 7)
#define TIMES_32(X) TIMES_8(X, 0) TIMES_8(X, 8) TIMES_8(X, 16) TIMES_8(X, 24)
#define TIMES_33(X) TIMES_32(X) X(32)

/* depth is a constant to the verifier, which removes the stages behind it. */
#define STAGE_INLINED(k)	if (n > (k)) hits++;
#define STAGE_STATIC(k)		if (n > (k)) stage_static();
#define STAGE_GLOBAL(k)		if (n > (k)) stage_global();
#define STAGE_HELPER(k)		if (n > (k)) hits -= bpf_csum_update(skb, 0);
#define STAGE_KFUNC(k)		if (n > (k)) hits += bpf_dynptr_size(&one);
#define STAGE_MODULE(k)		if (n > (k)) hits = bench_kmod_nop(hits + 1);
#define STAGE_REPLACED(k)	if (n > (k)) stage_replaced(skb);

static __noinline void stage_static(void)
{
	hits++;
}

__noinline int stage_global(void)
{
	return ++hits;
}

/* Does nothing unless stage_replacement() took its place. */
__noinline int stage_replaced(struct __sk_buff *skb)
{
	bench_hide(skb);
	return 0;
}

/* Loaded by the family, which names the program whose function it replaces. */
SEC("?freplace")
int stage_replacement(struct __sk_buff *skb)
{
	(void)skb;
	return ++hits;
}

static int stage_callback(__u32 k, void *ctx)
{
	(void)k;
	(void)ctx;
	hits++;
	return 0;
}

SEC("?tc")
__bench("no stage: one run, shared by as many stages as it is the baseline of")
__driver("test_run") __param("depth", "1,8,32,33") __ops("depth") __baseline("once")
int no_stage(struct __sk_buff *skb)
{
	(void)skb;
	return 0;
}

SEC("?tc")
__bench("stages in one body, against no stage")
__driver("test_run") __param("depth", "1,8,32,33") __ops("depth") __baseline("no_stage")
__xlated("store+depth")
int inlined(struct __sk_buff *skb)
{
	const __u64 n = depth;

	(void)skb;
	TIMES_33(STAGE_INLINED)
	return 0;
}

SEC("?tc")
__bench("each stage a static subprogram")
__driver("test_run") __param("depth", "1,8,32") __ops("depth") __baseline("inlined")
__xlated("call_pc+depth")
int static_subprog(struct __sk_buff *skb)
{
	const __u64 n = depth;

	(void)skb;
	TIMES_32(STAGE_STATIC)
	return 0;
}

SEC("?tc")
__bench("each stage a global function, verified by itself")
__driver("test_run") __param("depth", "1,8,32") __ops("depth") __baseline("inlined")
__xlated("call_pc+depth")
int global_func(struct __sk_buff *skb)
{
	const __u64 n = depth;

	(void)skb;
	TIMES_32(STAGE_GLOBAL)
	return 0;
}

SEC("?tc")
__bench("bpf_loop(), its callback once for each stage")
__driver("test_run") __param("depth", "1,8,32") __ops("depth") __baseline("inlined")
__needs("bpf_loop") __xlated("call_pc+1")
__note("the verifier turns bpf_loop() into a loop around a direct call")
int loop_callback(struct __sk_buff *skb)
{
	(void)skb;
	bpf_loop(depth, stage_callback, NULL, 0);
	return 0;
}

SEC("?tc")
__bench("each stage a helper that does next to nothing (bpf_csum_update())")
__driver("test_run") __param("depth", "1,8,32") __ops("depth") __baseline("inlined")
__xlated("call+depth")
int helper(struct __sk_buff *skb)
{
	const __u64 n = depth;

	TIMES_32(STAGE_HELPER)
	return 0;
}

SEC("?tc")
__bench("a dynptr, and stages in one body")
__driver("test_run") __param("depth", "1,8,32") __ops("depth") __baseline("no_stage")
__needs("dynptr") __xlated("store+depth")
int inlined_dynptr(struct __sk_buff *skb)
{
	const __u64 n = depth;
	struct chain_dynptr one;

	(void)skb;
	bpf_dynptr_from_mem(one_byte, 1, 0, (void *)&one);
	TIMES_32(STAGE_INLINED)
	return 0;
}

SEC("?tc")
__bench("each stage a kfunc of the kernel that does next to nothing (bpf_dynptr_size())")
__driver("test_run") __param("depth", "1,8,32") __ops("depth") __baseline("inlined_dynptr")
__needs("dynptr_size") __xlated("call+depth")
int kfunc(struct __sk_buff *skb)
{
	const __u64 n = depth;
	struct chain_dynptr one;

	(void)skb;
	bpf_dynptr_from_mem(one_byte, 1, 0, (void *)&one);
	TIMES_32(STAGE_KFUNC)
	return 0;
}

SEC("?tc")
__bench("each stage a kfunc of a module that returns its argument")
__driver("test_run") __param("depth", "1,8,32") __ops("depth") __baseline("inlined")
__needs("kmod") __xlated("call+depth")
int kfunc_module(struct __sk_buff *skb)
{
	const __u64 n = depth;

	(void)skb;
	TIMES_32(STAGE_MODULE)
	return 0;
}

SEC("?tc")
__bench("each stage a global function that a program of its own has replaced (freplace)")
__driver("test_run") __param("depth", "1,8,32") __ops("depth") __baseline("inlined")
__needs("freplace") __xlated("call_pc+depth")
int freplace(struct __sk_buff *skb)
{
	const __u64 n = depth;

	TIMES_32(STAGE_REPLACED)
	return 0;
}

SEC("?tc")
__bench("each stage a program, tail call with a constant index (a direct jump where the JIT can)")
__driver("test_run") __param("depth", "1,8,32,33") __ops("depth") __baseline("inlined")
__xlated("call+1")
int tail_const(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &stages, 0);
	return CHAIN_BROKEN;
}

SEC("?tc")
__bench("each stage a program, tail call with an index from memory (an indirect jump)")
__driver("test_run") __param("depth", "1,8,32,33") __ops("depth") __baseline("inlined")
__xlated("call+1")
int tail_var(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &stages, slots[0]);
	return CHAIN_BROKEN;
}

#define STAGE_PROGS(k, next)						\
SEC("?tc") int tail_const_##k(struct __sk_buff *skb)			\
{									\
	hits++;								\
	if (depth <= next)						\
		return 0;						\
	bpf_tail_call_static(skb, &stages, next);			\
	return CHAIN_BROKEN;						\
}									\
									\
SEC("?tc") int tail_var_##k(struct __sk_buff *skb)			\
{									\
	hits++;								\
	if (depth <= next)						\
		return 0;						\
	bpf_tail_call(skb, &stages, slots[next]);			\
	return CHAIN_BROKEN;						\
}

STAGE_PROGS(0, 1)	STAGE_PROGS(1, 2)	STAGE_PROGS(2, 3)	STAGE_PROGS(3, 4)
STAGE_PROGS(4, 5)	STAGE_PROGS(5, 6)	STAGE_PROGS(6, 7)	STAGE_PROGS(7, 8)
STAGE_PROGS(8, 9)	STAGE_PROGS(9, 10)	STAGE_PROGS(10, 11)	STAGE_PROGS(11, 12)
STAGE_PROGS(12, 13)	STAGE_PROGS(13, 14)	STAGE_PROGS(14, 15)	STAGE_PROGS(15, 16)
STAGE_PROGS(16, 17)	STAGE_PROGS(17, 18)	STAGE_PROGS(18, 19)	STAGE_PROGS(19, 20)
STAGE_PROGS(20, 21)	STAGE_PROGS(21, 22)	STAGE_PROGS(22, 23)	STAGE_PROGS(23, 24)
STAGE_PROGS(24, 25)	STAGE_PROGS(25, 26)	STAGE_PROGS(26, 27)	STAGE_PROGS(27, 28)
STAGE_PROGS(28, 29)	STAGE_PROGS(29, 30)	STAGE_PROGS(30, 31)	STAGE_PROGS(31, 32)
STAGE_PROGS(32, 33)
