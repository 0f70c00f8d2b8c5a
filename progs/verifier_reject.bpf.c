// SPDX-License-Identifier: GPL-2.0-only
/*
 * Are wrong programs refused, for the right reason, and how long does that take? Measured: one
 * BPF_PROG_LOAD that fails, without a log, of a program made instruction by instruction in
 * prog_tests/verifier_reject.c; against the same system call refused before the verifier sees it.
 * The error and the verifier's own words are checked before. Not measured: the making of the log,
 * and what the kernel frees later. Bias: most of it is what every load costs before its first
 * instruction is looked at; see unreachable, which is found first of all.
 */
#include "bench.bpf.h"

const volatile __u64 jumps;

BENCH_USER(refused_call, __bench("the system call, refused before the verifier"))

#define REJECT(name, text)								\
	BENCH_USER(name, __bench(text) __baseline("refused_call")			\
		   __note("as a count: string instructions count once for each unit they move"))

REJECT(unreachable, "an instruction that nothing leads to")
REJECT(unset_register, "a register read that was never written")
REJECT(unset_stack, "stack read that was never written, without CAP_PERFMON")
REJECT(outside_stack, "a store above the frame")
REJECT(outside_value, "a load behind a map's value")
REJECT(outside_packet, "a load from a packet without a bound check")
REJECT(outside_context, "a load behind the context")
REJECT(null_value, "a map's value used without a NULL check")
REJECT(leaked_pointer, "a pointer returned to user space, without CAP_PERFMON")
REJECT(wrong_argument, "a helper that wants a map given the context")
REJECT(unknown_helper, "a helper that there is not")
REJECT(lost_reference, "a ring buffer record reserved and not submitted")
REJECT(zero_divisor, "a division by the constant 0")
REJECT(endless_loop, "a loop that changes nothing")
REJECT(deep_stack, "two frames of more than 512 bytes together")
REJECT(deep_calls, "a chain of 17 functions")

/* As many ways left for later as the verifier keeps: 8192. */
BENCH_USER(too_complex, __bench("more branches than the verifier follows at a time")
			__baseline("refused_call") __param("jumps", "8200")
			__loads("6") __rounds("4")
			__time_only("takes seconds of a counted guest, and its ticks"))
