// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device has one XDP program: what do more cost behind it? Measured: one packet dropped by the
 * last of `depth` programs, each of which counts it, at native XDP of a veth: in the functions of a
 * dispatcher that they have replaced (freplace, as libxdp does it), or one after the other by tail
 * calls; minus the same counters in one body. slope_* is one more program.
 *
 * Not measured: frames as a NIC's driver has them. These come as skbs, which veth copies for XDP: a
 * part of drop, which is in every baseline.
 *
 * Bias: sender and receiver are one CPU with warm caches. In the net of depth=1 is what is set up
 * once for a packet.
 */
#include "bench.bpf.h"
#include "chain_xdp.h"

const volatile __u64 depth = 1;

volatile __u64 hits[CHAIN_XDP_MAX];

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, CHAIN_XDP_MAX);
	__type(key, __u32);
	__type(value, __u32);
} stages SEC(".maps");

#define TIMES(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)

#define COUNT(k)	if (n > (k)) hits[k]++;
#define CALL_SLOT(k)						\
	if (n > (k)) {						\
		verdict = slot_##k(ctx);			\
		if (verdict != XDP_PASS)			\
			return verdict;				\
	}

/* Passes on unless a program took its place. */
#define SLOT(k)							\
__noinline int slot_##k(struct xdp_md *ctx)			\
{								\
	int verdict = XDP_PASS;					\
								\
	bench_hide(ctx);					\
	bench_hide(verdict);					\
	return verdict;						\
}
TIMES(SLOT)

/* Loaded by the family, which names the program whose function it replaces. */
#define REPLACEMENT(k)						\
SEC("?freplace") int replacement_##k(struct xdp_md *ctx)	\
{								\
	(void)ctx;						\
	hits[k]++;						\
	return depth > (k) + 1 ? XDP_PASS : XDP_DROP;		\
}
TIMES(REPLACEMENT)

#define STAGE(k)						\
SEC("?xdp") int stage_##k(struct xdp_md *ctx)			\
{								\
	hits[k]++;						\
	if (depth <= (k) + 1)					\
		return XDP_DROP;				\
	bpf_tail_call_static(ctx, &stages, (k) + 1);		\
	return XDP_ABORTED;					\
}
TIMES(STAGE)

#define CHAIN(name, text, base, checks)						\
SEC("?xdp") __bench("packet through a veth, " text) __driver("attach")			\
__baseline(base) __param("depth", "1,4,10") __needs("veth") __batch("8") __loads("6") checks \
int name(struct xdp_md *ctx)

SEC("?xdp")
__bench("packet through a veth, dropped by a native XDP program") __driver("attach") __needs("veth")
__batch("8") __loads("6")
__note("the veth copies each packet for XDP, into a page that it sometimes has to allocate")
int drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

CHAIN(one_body, "counted so often by the one program that drops it", "drop",
      __xlated("store+depth"))
{
	const __u64 n = depth;

	(void)ctx;
	TIMES(COUNT)
	return XDP_DROP;
}

CHAIN(dispatcher, "counted by so many programs in a dispatcher's replaced functions", "one_body",
      __needs("freplace") __xlated("call_pc+depth"))
{
	const __u64 n = depth;
	int verdict;

	TIMES(CALL_SLOT)
	return XDP_PASS;
}

CHAIN(tail, "counted by so many programs, tail calls with a constant index", "one_body",
      __xlated("call+1"))
{
	bpf_tail_call_static(ctx, &stages, 0);
	return XDP_ABORTED;
}
