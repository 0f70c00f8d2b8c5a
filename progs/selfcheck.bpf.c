// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the ruler straight? Measured: the loop itself, its A/A, the clock, and chains of dependent
 * additions, whose cost is known: n instructions each in instruction mode, a line over n in time
 * mode. Not measured: anything of BPF. If this family fails, no other figure means anything.
 */
#include "bench.bpf.h"

const volatile __u64 n;

/*
 * @count additions that no compiler or verifier may remove. Of a register: recent CPUs fold
 * additions of a constant while they rename, many in a cycle, and the chain would cost nothing. In
 * one piece, because a compiler would lay out the branches so that each @count has other jumps.
 * @count is a constant to the verifier: it removes a branch when one of its two ways is never seen,
 * so no way may be shared; not even the last one's, hence the jump to the next instruction.
 */
#define ADD_CHAIN(reg, addend, count)							\
	asm volatile("if %[n] != 64 goto not_64_%=;"					\
		     ".rept 64; %[r] += %[a]; .endr;"					\
		     "goto end_%=;"							\
		     "not_64_%=: if %[n] != 256 goto not_256_%=;"			\
		     ".rept 256; %[r] += %[a]; .endr;"					\
		     "goto end_%=;"							\
		     "not_256_%=: if %[n] != 1024 goto not_1024_%=;"			\
		     ".rept 1024; %[r] += %[a]; .endr;"					\
		     "goto end_%=;"							\
		     "not_1024_%=: goto end_%=;"					\
		     "end_%=:"								\
		     : [r] "+r"(reg) : [a] "r"(addend), [n] "r"(count))

BENCH(empty, __bench("A/A: the empty loop against its twin, the noise floor of the run")
	     __baseline("empty_twin") __net_insn("0"))
{
	return i;
}

BENCH(empty_twin, __bench("the same empty loop again, another program and JIT image"))
{
	return i;
}

BENCH(loop, __bench("what the timed loop costs per operation; no baseline taken off"))
{
	return i;
}

BENCH(clock, __bench("one bpf_ktime_get_ns(): a batch holds a pair of them")
	     __baseline("empty") __xlated("call+1"))
{
	__u64 now = bpf_ktime_get_ns(), minus = -now;

	/*
	 * Each call must have been made: 1 when its value is not 0, 4 instructions more. Without a
	 * branch: kernels before 6.5 (fde2a3882bd0) track every scalar of a program with
	 * subprograms precisely, and a branch that leaves two values behind doubles the states of
	 * each of the loop's iterations.
	 */
	bench_hide(minus);
	return i + ((now | minus) >> 63);
}

/*
 * The chain goes on from one operation to the next, through the sum; otherwise a CPU overlaps short
 * chains and the cost is no line.
 */
BENCH(alu, __bench("n dependent 64-bit additions")
	   __baseline("alu:n=0") __param("n", "0,64,256,1024") __xlated("alu+n") __net_insn("n"))
{
	__u64 acc = sum, one = 1, count = n;

	bench_hide(one);
	ADD_CHAIN(acc, one, count);
	return acc - sum;
}

/*
 * The reference that every round of every bench runs besides. It fills the core's execution ports:
 * what another thread of the same core takes away shows here first, while a chain of dependent
 * instructions hardly feels it (1.5 % against 27 % of a tc test run, 2-CPU virtual machine).
 */
BENCH(mix, __bench("the reference loop: 64 additions in four independent chains")
	   __baseline("empty") __xlated("alu+64"))
{
	__u64 a = i, b = i, c = i, d = i, one = 1;

	bench_hide(one);
	bench_hide(b);
	bench_hide(c);
	bench_hide(d);
	asm volatile(".rept 16; %[a] += %[n]; %[b] += %[n]; %[c] += %[n]; %[d] += %[n]; .endr"
		     : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d) : [n] "r"(one));
	return a + b + c + d;
}
