// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does a bound check cost inside a tight loop? Measured: `bytes` bytes added up in one run of
 * a tc program, per byte; of global data with an index the verifier knows to be inside, with one
 * that is masked, with one that is compared; of the packet with one check in front of the loop,
 * with one for each byte, which ends the loop where it fails. Not measured: a check that fails.
 * Bias: all three of global data compute the index from a value in memory, also where it is not
 * used. In time each addition waits for the one before, and a check beside it may hide.
 */
#include "bench.bpf.h"
#include "jit_boundcheck.h"

const volatile __u64 bytes = 64;

/* 0, which the verifier does not know. */
volatile __u64 offset;
volatile __u64 result;
__u8 data[BOUNDCHECK_SZ] __attribute__((aligned(64)));

#define PER_BYTE __driver("test_run") __param("bytes", "64,1024") __ops("bytes")

/* The index is hidden in each turn: the compiler can neither unroll it nor take a check out. */
#define FOR_EACH_BYTE(i, n) for (i = 0; i < n; i++)

SEC("?tc") __bench("the loop, adding up indices instead of bytes") PER_BYTE __baseline("once")
int loop(struct __sk_buff *skb)
{
	__u64 i, sum = 0, n = bytes;

	(void)skb;
	FOR_EACH_BYTE(i, n) {
		sum += i;
		bench_hide(sum);
		bench_hide(i);
	}
	result = sum;
	return 0;
}

SEC("?tc") __bench("a byte of global data, the index known to be inside") PER_BYTE
__baseline("loop") __xlated("load+1")
int data_unchecked(struct __sk_buff *skb)
{
	__u64 i, at, sum = 0, n = bytes, off = offset;

	(void)skb;
	FOR_EACH_BYTE(i, n) {
		at = i + off;
		bench_hide(at);
		sum += data[i];
		bench_hide(sum);
		bench_hide(i);
	}
	result = sum;
	return 0;
}

SEC("?tc") __bench("a byte of global data, the index masked") PER_BYTE
__baseline("data_unchecked") __xlated("alu+1")
int data_masked(struct __sk_buff *skb)
{
	__u64 i, at, sum = 0, n = bytes, off = offset;

	(void)skb;
	FOR_EACH_BYTE(i, n) {
		at = (i + off) & (BOUNDCHECK_SZ - 1);
		bench_hide(at);
		sum += data[at];
		bench_hide(sum);
		bench_hide(i);
	}
	result = sum;
	return 0;
}

SEC("?tc") __bench("a byte of global data, the index compared") PER_BYTE
__baseline("data_unchecked") __xlated("jump+1")
int data_checked(struct __sk_buff *skb)
{
	__u64 i, at, sum = 0, n = bytes, off = offset;

	(void)skb;
	FOR_EACH_BYTE(i, n) {
		at = i + off;
		bench_hide(at);
		if (at >= BOUNDCHECK_SZ)
			break;
		sum += data[at];
		bench_hide(sum);
		bench_hide(i);
	}
	result = sum;
	return 0;
}

SEC("?tc") __bench("a byte of the packet, checked once in front of the loop") PER_BYTE
__baseline("loop") __xlated("load+1")
int packet_once(struct __sk_buff *skb)
{
	const __u8 *packet = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u64 i, sum = 0, n = bytes;

	if (packet + BOUNDCHECK_SZ > end)
		return 0;
	FOR_EACH_BYTE(i, n) {
		sum += packet[i];
		bench_hide(sum);
		bench_hide(i);
	}
	result = sum;
	return 0;
}

/* That the check is still there is what the verifier makes sure of. */
SEC("?tc") __bench("a byte of the packet, each checked") PER_BYTE __baseline("packet_once")
int packet_checked(struct __sk_buff *skb)
{
	const __u8 *packet = (void *)(long)skb->data, *end = (void *)(long)skb->data_end, *p;
	__u64 i, sum = 0, n = bytes;

	FOR_EACH_BYTE(i, n) {
		p = packet + i;
		if (p + 1 > end)
			break;
		sum += *p;
		bench_hide(sum);
		bench_hide(i);
	}
	result = sum;
	return 0;
}
