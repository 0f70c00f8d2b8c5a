// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does copying memory cost in a BPF program? Measured: a copy of `size` bytes between two
 * 8-byte aligned buffers in the program's global data, warm in the cache: as the compiler expands
 * it (8-byte loads and stores; BPF has no wider ones and no string instruction), and by the helper
 * that reads kernel memory. Not measured: cold or unaligned buffers.
 */
#include "bench.bpf.h"

const volatile __u64 size = 64;

char src[1024] __attribute__((aligned(64)));
char dst[1024] __attribute__((aligned(64)));

/*
 * Each operation changes what it copies and returns what arrived, so that one that does not copy
 * every time is found; the baseline stores and loads the same word without a copy.
 */
#define FIRST_WORD(buf) (*(volatile __u64 *)(buf))

BENCH(empty, __bench("the loop, and one word stored and loaded"))
{
	FIRST_WORD(src) = i;
	return FIRST_WORD(src);
}

BENCH(builtin, __bench("the compiler's built-in copy")
	       __baseline("empty") __param("size", "64,1024")
	       __xlated("load+size/8") __xlated("store+size/8"))
{
	const __u64 n = size;	/* one load: the variable is volatile */

	FIRST_WORD(src) = i;
	if (n == 64)
		__builtin_memcpy(dst, src, 64);
	else if (n == 1024)
		__builtin_memcpy(dst, src, 1024);
	return FIRST_WORD(dst);
}

BENCH(probe_read_kernel, __bench("bpf_probe_read_kernel()")
			 __baseline("empty") __param("size", "64,1024") __xlated("call+1"))
{
	long err;

	FIRST_WORD(src) = i;
	err = bpf_probe_read_kernel(dst, size, src);
	return FIRST_WORD(dst) + err;
}
