/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timed loop and the tags with which a BPF file declares its measurements.
 *
 *	BENCH(lookup_hit, __bench("hash lookup, hit") __baseline("empty"))
 *	{
 *		__u32 key = i & (entries - 1);
 *		__u64 *v = bpf_map_lookup_elem(&hash, &key);
 *
 *		return v ? *v : 0;
 *	}
 *
 * The body is one operation; i counts them from 0 in each batch, worker is the number of the CPU
 * among those that run it at once (0 where there is one). What it returns is summed and kept, so
 * that the compiler cannot drop the operation and the runner can check the sum: the value must
 * depend on i and worker only. sum is that of the operations before in its chunk: one that computes
 * with it waits for them, others overlap as far as the CPU can.
 *
 * Bias: on x86-64 an iteration of the loop costs 7 instructions, bpf_loop() and the chunk some 33
 * for every BENCH_CHUNK of them, the batch some 70. All are also in a baseline written with BENCH()
 * and leave with it in instruction mode exactly; on hardware that executes out of order part of
 * them hides behind the operation, so that a net of a few cycles is a lower bound.
 */
#ifndef BENCH_BPF_H
#define BENCH_BPF_H

/*
 * Contexts and packet headers have one layout on all kernels. What a program reads of the kernel's
 * own structures says __relocated(): for each type that is relocated libbpf looks through all the
 * kernel's types at each load.
 */
#define BPF_NO_PRESERVE_ACCESS_INDEX
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "bench_state.h"

#define __bench_tag(x)		__attribute__((btf_decl_tag("bench:" x)))

/* This program is a measurement; what one operation is. */
#define __bench(text)		__bench_tag("description=" text)
/*
 * What is taken off: another bench "name", "name:param=value" or "family/name"; with
 * __driver("test_run") also "once" (the program run once) or "refused" (the same system calls,
 * refused before the program runs).
 */
#define __baseline(id)		__bench_tag("baseline=" id)
/* A feature without which it is skipped. */
#define __needs(feature)	__bench_tag("needs=" feature)
/* One bench for each value; sets the const volatile variable of that name before loading. */
#define __param(name, values)	__bench_tag("param=" name "=" values)
/*
 * The translated program must hold at least so many more instructions of a kind (alu, load, store,
 * atomic, call, call_pc, jump) than its baseline: "alu+64"; "alu+n" and "store+size/8" with n and
 * size parameters.
 */
#define __xlated(check)		__bench_tag("xlated=" check)
/* A bias that must be said beside the figure. */
#define __note(text)		__bench_tag("note=" text)
/* Operations in one run of the program, a number or a parameter. */
#define __ops(n)		__bench_tag("ops=" n)
/*
 * A batch is at least so many operations (a power of two up to 4096, a number or a parameter), for
 * one that must go through all of something. Below the tick of a counted guest: 4 ms.
 */
#define __batch(n)		__bench_tag("batch=" n)
/* What a program under __driver("test_run") returns; 0 unless said. */
#define __retval(n)		__bench_tag("retval=" n)
/* In instruction mode net is exactly so much; anything else fails. */
#define __net_insn(n)		__bench_tag("net_insn=" n)
/* CPUs that run it at the same time. */
#define __workers(n)		__bench_tag("workers=" n)
/*
 * "test_run": repeated by the kernel's test-run loop, clock in user space. "attach": the family
 * attaches the program and its run() makes the kernel run it. "user": see BENCH_USER().
 */
#define __driver(name)		__bench_tag("driver=" name)
/* Attached; program @name, a loop made by BENCH(), makes the kernel run it once an operation. */
#define __trigger(name)		__bench_tag("trigger=" name) __needs("bpf_loop")
/* While it is attached it runs in its baseline's batches as well: they take turns. */
#define __exclusive		__bench_tag("exclusive=")
/* A load is so expensive that there are no more than @n. */
#define __loads(n)		__bench_tag("loads=" n)
/*
 * In a counted guest no load in front that does not count, and half as many that do
 * (docs/method.md): the first counts what the others do.
 */
#define __unrehearsed		__bench_tag("unrehearsed=")
/* An operation takes longer than a batch should: no more than @n rounds. */
#define __rounds(n)		__bench_tag("rounds=" n)
/* Skipped in instruction mode, where it could only mislead, for this reason. */
#define __time_only(why)	__bench_tag("time_only=" why)

/* Figures of the last batch, one element for each worker; read through the mapped .bss. */
struct bench_state bench_states[BENCH_STATE_WORKERS];

/* Arguments of a loop whose context cannot carry them; NR_BENCH_ARGS for each worker. */
__u64 bench_args[BENCH_STATE_WORKERS * NR_BENCH_ARGS];

/* Members on the way to a value that are not at the same place in every kernel. */
#define __relocated(value) __builtin_preserve_access_index(({ value; }))

/* Keeps x in a register and its value unknown to the compiler; no instruction. */
#define bench_hide(x) asm volatile("" : "+r"(x))

/*
 * Is a slow-down found? BPF_CPPFLAGS='-DBENCH_FAULT=\"hash\" -DBENCH_FAULT_INSNS=\"1\"' adds so
 * many dependent instructions to each operation of the measurements of that name.
 */
#ifdef BENCH_FAULT
#define BENCH_ADD_FAULT(name, value)							\
	do {										\
		if (!__builtin_strcmp(#name, BENCH_FAULT))				\
			asm volatile(".rept " BENCH_FAULT_INSNS "; %0 ^= 0; .endr"	\
				     : "+r"(value));					\
	} while (0)
#else
#define BENCH_ADD_FAULT(name, value) do { } while (0)
#endif

/*
 * The loop in a program of section @sec with context @prog_ctx_t; its arguments are at @args. What
 * the body has as ctx is @what, of type @ctx_t, computed once a batch. The callback reads it from
 * the frame of its caller: no cost where the body leaves it alone.
 */
#define BENCH_PROG_WITH(name, tags, sec, prog_ctx_t, args, ctx_t, what)				\
struct name##_loop {									\
	__u64 done;									\
	__u64 sink;									\
	__u64 worker;									\
	__u64 until;									\
	ctx_t ctx;									\
};											\
											\
static __always_inline __u64 name##_op(ctx_t ctx, __u64 i, __u32 worker, __u64 sum);		\
											\
static int name##_chunk(__u32 nr, struct name##_loop *loop)				\
{											\
	__u64 i = (__u64)nr * BENCH_CHUNK, left = BENCH_CHUNK, sink = 0, value;		\
	__u32 worker = loop->worker;							\
	ctx_t ctx = loop->ctx;								\
											\
	do {										\
		value = name##_op(ctx, i, worker, sink);				\
		BENCH_ADD_FAULT(name, value);						\
		bench_hide(value);							\
		sink += value;								\
		i++;									\
		bench_hide(i);								\
		left--;									\
		bench_hide(left);							\
	} while (left);									\
	loop->sink += sink;								\
	loop->done += BENCH_CHUNK;							\
	return loop->until && bpf_ktime_get_ns() >= loop->until;			\
}											\
											\
SEC(sec) tags										\
int name(prog_ctx_t ctx)								\
{											\
	__u64 worker = (args)[BENCH_ARG_WORKER] & (BENCH_STATE_WORKERS - 1);		\
	__u32 chunks = (args)[BENCH_ARG_CHUNKS];					\
	/*										\
	 * Known values of done and sink would be others behind the first chunk, and so	\
	 * would two that are known to be equal: the verifier would follow it again.	\
	 */										\
	struct name##_loop loop = {							\
		.done = *(volatile __u64 *)&(args)[BENCH_ARG_ZERO],			\
		.sink = *(volatile __u64 *)&(args)[BENCH_ARG_ZERO],			\
		.worker = worker, .until = (args)[BENCH_ARG_UNTIL], .ctx = what,		\
	};										\
	__u64 start, end;								\
											\
	bench_hide(worker);	/* or the bound is lost in a copy of the argument */	\
	start = bpf_ktime_get_ns();							\
	bpf_loop(chunks, name##_chunk, &loop, 0);					\
	end = bpf_ktime_get_ns();							\
	bench_states[worker].start = start;						\
	bench_states[worker].end = end;							\
	bench_states[worker].done = loop.done;						\
	bench_states[worker].sink = loop.sink;						\
	return 0;									\
}											\
											\
static __always_inline __u64 name##_op(ctx_t ctx __attribute__((unused)),			\
					   __u64 i __attribute__((unused)),			\
					   __u32 worker __attribute__((unused)),		\
					   __u64 sum __attribute__((unused)))

#define BENCH_PROG(name, tags, sec, ctx_t, args)						\
	BENCH_PROG_WITH(name, tags, sec, ctx_t, args, ctx_t, ctx)

#define BENCH(name, tags) BENCH_PROG(name, tags __needs("bpf_loop"), "?raw_tp", __u64 *, ctx)

/* The body has @what in ctx: a pointer, say, that takes the verifier long to follow. */
#define BENCH_WITH(name, tags, ctx_t, what)						\
	BENCH_PROG_WITH(name, tags __needs("bpf_loop"), "?raw_tp", __u64 *, ctx, ctx_t, what)

/* For what only programs with a packet may call: the body has it in ctx. XDP: one worker. */
#define BENCH_TC(name, tags)								\
	BENCH_PROG(name, tags __needs("bpf_loop"), "?tc", struct __sk_buff *,		\
		   (&bench_args[(ctx->cb[0] & (BENCH_STATE_WORKERS - 1)) * NR_BENCH_ARGS]))
#define BENCH_XDP(name, tags)								\
	BENCH_PROG(name, tags __needs("bpf_loop"), "?xdp", struct xdp_md *, bench_args)

/* Declares a measurement that is user code alone; nothing of it is loaded. */
#define BENCH_USER(name, tags)								\
SEC("?raw_tp") tags __driver("user")							\
int name(void *ctx)									\
{											\
	(void)ctx;									\
	return 0;									\
}

char LICENSE[] SEC("license") = "GPL";

#endif
