// SPDX-License-Identifier: GPL-2.0-only
/*
 * What do many programs on a cgroup cost? Measured: one datagram over the loopback device, from
 * socket to socket, with `progs` programs of their own attached to the cgroup of both, at egress or
 * ingress; or with one program attached to each of `depth` nested cgroups; minus the same in a
 * cgroup without. slope_* is one more program, without the hook itself.
 *
 * Not measured: reading the datagram. The receiver's queue is full, so that each one is dropped
 * behind the ingress programs.
 *
 * Bias: sender and receiver are one CPU with warm caches. The first program on any cgroup switches
 * on a branch (static key) that the baseline takes, too.
 */
#include "bench.bpf.h"

#define VERDICT_PASS 1

const volatile __u64 progs = 1;
const volatile __u64 depth = 1;

#define CHAIN(name, sec, text, param, values)						\
SEC(sec) __bench("datagram through " text) __driver("attach") __baseline("detached")	\
__param(param, values) __needs("cgroup_skb") __batch("8") __loads("6")			\
int name(struct __sk_buff *skb)								\
{											\
	(void)skb;									\
	return VERDICT_PASS;								\
}

BENCH_USER(detached, __bench("datagram over loopback, no program on the sockets' cgroup")
	   __needs("cgroup_skb") __batch("8") __loads("6"))

CHAIN(egress, "?cgroup_skb/egress", "so many programs on the sender's cgroup", "progs", "1,16,64")
CHAIN(ingress, "?cgroup_skb/ingress", "so many programs on the receiver's cgroup", "progs",
      "1,16,64")
CHAIN(nested, "?cgroup_skb/egress", "one program on each of so many nested cgroups", "depth",
      "1,4,16")
