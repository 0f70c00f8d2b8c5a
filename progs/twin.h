/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations in one C source for three compilers' back ends: eBPF, the kernel (runner/kmod) and
 * user space. The includer has __u8 and __u64.
 *
 * What the three may be compared by: loops stay rolled and scalar everywhere, because a value of
 * each turn is hidden from the compiler (no instruction). What is left to each is how it addresses,
 * allocates registers, and expands a copy of known size: 8-byte loads and stores in eBPF, usually
 * a string instruction in the kernel.
 */
#ifndef BENCH_TWIN_H
#define BENCH_TWIN_H

/*
 * Of user space, where a short copy of known size would go through vector registers: general ones
 * only, as in the kernel and in eBPF. A function into which these are inlined must say TWIN_NATIVE.
 */
#if (defined(__x86_64__) || defined(__aarch64__)) && !defined(__KERNEL__)
#define TWIN_TARGET	__attribute__((target("general-regs-only")))
#else
#define TWIN_TARGET
#endif
#define TWIN_NATIVE	TWIN_TARGET __attribute__((noinline))
#define TWIN_INLINE	static inline TWIN_TARGET __attribute__((always_inline, unused))

/* Keeps x in a register and its value unknown to the compiler; no instruction. */
#define twin_hide(x)	asm volatile("" : "+r"(x))

#define TWIN_SLOTS	100	/* with copies of 1 KiB: the paper's case */
#define TWIN_COPY_MAX	4096

/*
 * One copy of size bytes, one of the cases below, between 8-byte aligned buffers that do not
 * overlap; another size copies nothing. Returns the first word of what arrived; that word was 0
 * before the copy, so one that does not happen every time is found wherever obj begins with another
 * word. (Changing obj in place of the slot would make a string instruction wait for the store.)
 * 1024 bytes are the most that clang expands for eBPF.
 */
TWIN_INLINE __u64 twin_memcpy(void *slot, const void *obj, __u64 size)
{
	/* Or clang copies byte by byte. */
	char *to = __builtin_assume_aligned(slot, 8);
	const char *from = __builtin_assume_aligned(obj, 8);

	*(volatile __u64 *)to = 0;
	if (size == 8) {
		__builtin_memcpy(to, from, 8);
	} else if (size == 64) {
		__builtin_memcpy(to, from, 64);
	} else if (size == 256) {
		__builtin_memcpy(to, from, 256);
	} else if (size == 1024) {
		__builtin_memcpy(to, from, 1024);
	} else if (size == 4096) {
		__builtin_memcpy(to, from, 1024);
		__builtin_memcpy(to + 1024, from + 1024, 1024);
		__builtin_memcpy(to + 2048, from + 2048, 1024);
		__builtin_memcpy(to + 3072, from + 3072, 1024);
	}
	asm volatile("" : : "r"(to) : "memory");
	return *(volatile __u64 *)to;
}

/* The byte behind at where the next copy goes, in steps of size through [0, end) and round. */
TWIN_INLINE __u64 twin_next_slot(__u64 at, __u64 size, __u64 end)
{
	at += size;
	return at > end - size ? 0 : at;
}

/* The n-th Fibonacci number modulo 2^64; fib(0) = 0. */
TWIN_INLINE __u64 twin_fib(__u64 n)
{
	__u64 a = 0, b = 1, next;

	twin_hide(n);
	while (n) {
		next = a + b;
		a = b;
		b = next;
		twin_hide(b);
		n--;
	}
	return a;
}

/*
 * Sum of the first 64 bytes in [data, end), n times over; ends at the first byte that is not there.
 * Each is read under a check of its own, as by a program that gets a packet.
 */
TWIN_INLINE __u64 twin_sum(const void *data, const void *end, __u64 n)
{
	const __u8 *p;
	__u64 sum = 0;
	__u64 j;

	twin_hide(n);
	while (n) {
		for (j = 0; j < 64; j++) {
			p = (const __u8 *)data + j;
			if ((const void *)(p + 1) > end)
				return sum;
			sum += *p;
			twin_hide(sum);
			twin_hide(j);
		}
		n--;
	}
	return sum;
}

#endif
