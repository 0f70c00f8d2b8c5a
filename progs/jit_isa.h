/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One function for every version of the instruction set, and for user space, which checks them: the
 * includer has __u8 ... __u64 and names it by ISA_MIX. Each round has what a version brought: a
 * less-than (v2), 32-bit arithmetic and comparison (v3), a sign extension and a byte swap (v4).
 */
#ifndef JIT_ISA_H
#define JIT_ISA_H

#define ISA_ROUNDS 64

#ifdef ISA_MIX
__attribute__((noinline)) __u64 ISA_MIX(__u64 seed)
{
	__u64 sum = 0;
	__u32 x = seed, k;

	for (k = 0; k < ISA_ROUNDS; k++) {
		x = x * 1664525 + 1013904223;
		if (x < 0x40000000)
			sum++;
		sum += (__u64)(__s64)(__s8)(x >> 8);
		sum ^= __builtin_bswap32(x);
		asm volatile("" : "+r"(sum));
	}
	return sum;
}
#endif

#endif
