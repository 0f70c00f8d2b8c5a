/* SPDX-License-Identifier: GPL-2.0-only */
/* What programs and user space agree on. */
#ifndef SHARING_MAP_H
#define SHARING_MAP_H

#define SHARING_MAP_WORDS 32	/* 256 bytes, the papers' entry */
#define SHARING_MAP_CPUS 8
#define CURSOR_STRIDE 16	/* words: two lines, which x86 prefetches in pairs */

/* The @n-th choice of @worker among @entries, a power of two; each CPU has an order of its own. */
static inline unsigned int sharing_map_key(unsigned long long n, unsigned long long worker,
					   unsigned long long entries)
{
	return (n * 0x9e3779b97f4a7c15ull + worker * 0xd1b54a32d192ed03ull) >> 40 & (entries - 1);
}

/* n / 10, for n < 2^32: BPF divides in one instruction of some 20 cycles. */
static inline unsigned long long sharing_map_tenth(unsigned long long n)
{
	return (n & 0xffffffff) * 0xcccccccdull >> 35;
}

/* What the @n-th write of @worker leaves in each word. */
static inline unsigned long long sharing_map_stamp(unsigned long long n, unsigned long long worker,
						   unsigned long long epoch)
{
	return epoch << 40 | (n & 0xffffffff) << 8 | worker;
}

#endif
