// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many packets can be thrown away at each layer? Measured: one UDP packet of 64 bytes from
 * where a NIC's driver hands it over to its end: in native XDP, in a filter at clsact ingress, in
 * an sk_skb verdict on a UDP socket, in that socket's filter, and by a reader in user space.
 *
 * The sender is an XDP program inside the kernel on the same CPU, which redirects frames into a
 * veth (runner/net/live.h); the receiver's NAPI gets them without an skb, and makes one where no
 * XDP program is attached, as a driver does. The baseline is that sender alone, whose program
 * drops. So in each net are the redirection and the veth, alike: about half of the net of xdp.
 *
 * Not measured: a NIC with its DMA and interrupts, several CPUs, what happens when more comes in
 * than can be dropped. Bias: one flow, warm caches, everything on one CPU: the throughput is that
 * of sending and dropping together.
 */
#include "bench.bpf.h"

#define ACT_SHOT	2

BENCH_USER(source, __bench("the sender of the frames alone, which it drops")
	   __needs("veth") __needs("xdp_live_frames") __batch("256") __loads("6"))

#define DROP(name, sec, ctx_t, verdict, tags)				\
SEC(sec) tags __driver("attach") __baseline("source")			\
__needs("veth") __needs("xdp_live_frames") __batch("256") __loads("6")	\
int name(ctx_t *ctx)							\
{									\
	(void)ctx;							\
	return verdict;							\
}

DROP(xdp, "?xdp", struct xdp_md, XDP_DROP, __bench("a packet dropped in native XDP"))
DROP(tc, "?tc", struct __sk_buff, ACT_SHOT,
     __bench("a packet dropped at clsact ingress") __needs("clsact"))
DROP(sk_skb, "?sk_skb", struct __sk_buff, SK_DROP,
     __bench("a packet dropped by an sk_skb verdict on a UDP socket")
     __needs("sockmap") __needs("sk_skb"))
DROP(socket, "?socket", struct __sk_buff, 0,
     __bench("a packet dropped by the filter of a UDP socket"))
BENCH_USER(user, __bench("a packet read from a UDP socket and forgotten, 64 a system call")
	   __baseline("source") __needs("veth") __needs("xdp_live_frames") __batch("256")
	   __loads("6"))
