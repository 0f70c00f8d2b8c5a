// SPDX-License-Identifier: GPL-2.0-only
/*
 * How good is the machine code of a loop over a packet? Measured: the sum of the first 64 bytes of
 * a packet, n times over, each byte under a bound check of its own, from the same source (twin.h)
 * as eBPF, natively in a kernel module, natively in user space. Not measured: a cold packet, vector
 * instructions.
 * Bias: eBPF calls a function for each sum (verified once, not in each of the loop's 64 operations)
 * and reads the packet's bounds in it; native code has both in front of the loop. The baselines
 * have the call, and what n=0 costs is the rest.
 */
#include "bench.bpf.h"
#include "bench_kmod.bpf.h"
#include "twin.h"

#define NS "0,1,4,16"

const volatile __u64 n;

/*
 * n is read here: of an argument the verifier would not know that the loop ends. It removes the
 * loop for n=0; that others are still there shows in the sum.
 */
__noinline __u64 sum_packet(struct __sk_buff *skb)
{
	return twin_sum((void *)(long)skb->data, (void *)(long)skb->data_end, n);
}

__noinline __u64 sum_nothing(struct __sk_buff *skb)
{
	__u64 zero = 0;

	bench_hide(skb);
	bench_hide(zero);
	return zero;
}

BENCH_TC(ebpf_empty, __bench("the loop, calling a function that returns 0"))
{
	return sum_nothing(ctx);
}

BENCH_TC(ebpf, __bench("first 64 bytes of the packet, n times, in eBPF")
	       __baseline("ebpf_empty") __param("n", NS))
{
	return sum_packet(ctx);
}

BENCH_NATIVE(native_empty, __bench("a loop in a kernel module"))
{
	return bench_kmod_loop_empty(nr_ops);
}

BENCH_NATIVE(native, __bench("first 64 bytes of the packet, n times, in a kernel module")
		     __baseline("native_empty") __param("n", NS))
{
	void *data = (void *)(long)ctx->data;

	if (data + 64 > (void *)(long)ctx->data_end)
		return 0;
	return bench_kmod_loop_sum(data, 64, n, nr_ops);
}

BENCH_USER(user_empty, __bench("a loop in user space"))

BENCH_USER(user, __bench("64 bytes, n times, in user space")
		 __baseline("user_empty") __param("n", NS))
