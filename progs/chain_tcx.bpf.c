// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does a chain of tcx programs cost? Measured: one packet through a veth whose far end has
 * `progs` tcx links at ingress, each of a program of its own that passes the packet on, minus the
 * same through a second veth without any. They do nothing, or count the packet in an array of their
 * own. slope_* is one more program, without the hook itself.
 *
 * Not measured: one program several times, which tcx refuses, and more than 63, its limit.
 *
 * Bias: sender and receiver are one CPU with warm caches.
 */
#include "bench.bpf.h"

#define VERDICT_NEXT (-1)	/* TCX_NEXT, of 6.6 */

const volatile __u64 progs = 1;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} count_map SEC(".maps");

#define CHAIN(name, text, checks)							\
SEC("?tc") __bench("packet through " text) __driver("attach") __baseline("detached")	\
__param("progs", "1,16,63") __needs("veth") __needs("tcx") __batch("8") __loads("6") checks \
int name(struct __sk_buff *skb)

BENCH_USER(detached, __bench("packet through a veth, nothing attached") __needs("veth")
	   __batch("8") __loads("6"))

CHAIN(nothing, "so many programs that do nothing", )
{
	(void)skb;
	return VERDICT_NEXT;
}

CHAIN(count, "so many programs that each count it in a map of its own", __xlated("store+1"))
{
	__u32 zero = 0;
	__u64 *nr = bpf_map_lookup_elem(&count_map, &zero);

	(void)skb;
	if (nr)
		++*nr;
	return VERDICT_NEXT;
}
