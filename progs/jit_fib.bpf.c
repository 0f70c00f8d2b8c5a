// SPDX-License-Identifier: GPL-2.0-only
/*
 * How good is the machine code of a loop in registers? Measured: the n-th Fibonacci number from the
 * same source (twin.h) as eBPF, natively in a kernel module, natively in user space. Not measured:
 * memory, vector instructions.
 * Bias: eBPF calls a function for each number (verified once, not in each of the loop's 64
 * operations), native code has it inlined; each one's baseline has the same.
 */
#include "bench.bpf.h"
#include "bench_kmod.bpf.h"
#include "twin.h"

#define NS "0,8,32,128,512"

const volatile __u64 n;

/*
 * n is read here: of an argument the verifier would not know that the loop ends. It removes the
 * loop for n=0; that others are still there shows in the number.
 */
__noinline __u64 nth_fib(void)
{
	return twin_fib(n);
}

__noinline __u64 zeroth_fib(void)
{
	__u64 zero = 0;

	bench_hide(zero);
	return zero;
}

BENCH(ebpf_empty, __bench("the loop, calling a function that returns 0"))
{
	return zeroth_fib();
}

BENCH(ebpf, __bench("n-th Fibonacci number in eBPF")
	    __baseline("ebpf_empty") __param("n", NS))
{
	return nth_fib();
}

BENCH_NATIVE(native_empty, __bench("a loop in a kernel module"))
{
	return bench_kmod_loop_empty(nr_ops);
}

BENCH_NATIVE(native, __bench("n-th Fibonacci number in a kernel module")
		     __baseline("native_empty") __param("n", NS))
{
	return bench_kmod_loop_fib(n, nr_ops);
}

BENCH_USER(user_empty, __bench("a loop in user space"))

BENCH_USER(user, __bench("n-th Fibonacci number in user space")
		 __baseline("user_empty") __param("n", NS))
