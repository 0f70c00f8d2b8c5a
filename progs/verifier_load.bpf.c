// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does it cost to bring BPF into the kernel? Measured: one BPF_PROG_LOAD of a program made
 * instruction by instruction in runner/verifier_prog.c (no compiler and no libbpf between, so it is
 * the same everywhere), the making of a map, attaching and detaching, a skeleton from open to
 * destroy. Closing the descriptor is not timed, nor is what the kernel frees behind it, later.
 * Beside the time: how long verification took by the kernel's own clock (fixups included, and the
 * JIT of a program that has subprograms), what remains of the load (the JIT of one that has none,
 * its allocation, its descriptor), and the verifier's statistics. Bias: memory that one load freed
 * the next one gets back warm.
 */
#include "bench.bpf.h"

/* What the programs are made from; see runner/verifier_prog.h. */
const volatile __u64 insns, paths, iterations, calls, entries;

BENCH_USER(refused_call, __bench("the system call, refused before it does anything"))

/* What the verifier sets to 0 and copies, its states above all, weighs too much in a count. */
#define IN_COUNTS __note("as a count: string instructions count once for each unit they move")

BENCH_USER(empty, __bench("load of two instructions") __baseline("refused_call") IN_COUNTS)

#define STRAIGHT_LINE "load of additions, one after the other"
#define BRANCHES "load of branches on values that are not known, joined again"
#define MANY_STATES "load of branches whose ways cannot be joined"
#define BOUNDED_LOOP "load of a loop of 10 instructions, walked in full"

#define LOAD(name, text, param, values)						\
	BENCH_USER(name, __bench(text) __param(param, values) __baseline("empty")	\
			 __rounds("6") IN_COUNTS)

LOAD(straight_line, STRAIGHT_LINE, "insns", "1000")
LOAD(branches, BRANCHES, "insns", "100")
LOAD(many_states, MANY_STATES, "paths", "64")
LOAD(bounded_loop, BOUNDED_LOOP, "iterations", "100")
LOAD(static_subprog, "load of calls of one subprogram of 100 instructions", "calls", "16")
LOAD(global_func, "load of calls of the same as a global function", "calls", "16")

BENCH_USER(callback_loop, __bench("load of the same loop as a callback of bpf_loop()")
			  __param("iterations", "100") __baseline("empty") __rounds("6")
			  __needs("bpf_loop") IN_COUNTS)

/* One load is 10 million instructions and more: ticks fall into it, and a guest takes seconds. */
#define LARGE(name, text, param, values)						\
	BENCH_USER(large_##name, __bench(text) __param(param, values) __baseline("empty")	\
				 __loads("6") __rounds("4")				\
				 __time_only("takes seconds of a counted guest, and its ticks"))

LARGE(straight_line, STRAIGHT_LINE, "insns", "10000,100000")
LARGE(branches, BRANCHES, "insns", "1000")
LARGE(many_states, MANY_STATES, "paths", "1024")
LARGE(bounded_loop, BOUNDED_LOOP, "iterations", "1000")

#define MAKE(name, text, nr)							\
	BENCH_USER(create_##name, __bench("making of " text) __param("entries", nr)	\
				  __baseline("refused_call"))

MAKE(array, "an ARRAY", "1024")
/* An allocation for each element, in the counted guest some 8600 instructions. */
MAKE(percpu_array, "a PERCPU_ARRAY", "64")
MAKE(hash, "a HASH", "1024")
MAKE(hash_no_prealloc, "a HASH that allocates its elements later", "1024")
MAKE(lru_hash, "an LRU_HASH", "1024")
MAKE(lpm_trie, "an LPM_TRIE", "1024")

BENCH_USER(create_ringbuf, __bench("making of a RINGBUF of 64 KiB") __needs("ringbuf")
			   __baseline("refused_call"))

/* The time of a grace period of RCU, or several: some 10 ms each, in which nothing runs. */
#define WAITS __loads("6") __rounds("4") __time_only("waits for RCU, which takes no instructions")

BENCH_USER(attach_raw_tp, __bench("raw_tp program attached and detached")
			  __baseline("refused_call") WAITS)

BENCH_USER(attach_fentry, __bench("fentry program attached and detached") __needs("tracing")
			  __baseline("refused_call") WAITS)

BENCH_USER(attach_cgroup_skb, __bench("cgroup_skb program attached and detached")
			      __needs("cgroup_skb") __baseline("refused_call"))

BENCH_USER(attach_sk_lookup, __bench("sk_lookup program attached to a network namespace, detached")
			     __needs("sk_lookup") __baseline("refused_call"))

BENCH_USER(attach_xdp, __bench("generic XDP program attached to loopback and detached")
		       __baseline("refused_call") WAITS)

BENCH_USER(attach_tcx, __bench("tcx program attached to loopback and detached") __needs("tcx")
		       __baseline("refused_call") WAITS)

BENCH_USER(skeleton_open, __bench("this family's skeleton opened"))

BENCH_USER(skeleton_load, __bench("the same loaded between: a program and its global data")
			  __baseline("skeleton_open"))

SEC("?raw_tp")
int loaded(void *ctx)
{
	(void)ctx;
	return insns + paths + iterations + calls + entries;
}
