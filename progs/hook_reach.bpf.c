// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long does a packet take from XDP to later places? Measured: the time between two looks at
 * the clock, one in an XDP program in the driver, one at the place, packet by packet, matched by a
 * number in the payload; through veth, whose "driver" runs XDP in the softirq that ends the send.
 * Not measured: the way from the wire to XDP. Bias: both stamps, some 30 ns of clock and the XDP
 * program's rest, are in it; with XDP attached, veth makes each packet an XDP frame first.
 */
#include "bench.bpf.h"
#include <bpf/bpf_endian.h>
#include "hook_reach.h"

/* By the packet's number; 0: not seen. Cleared by user space. */
volatile __u64 xdp_ns[REACH_SLOTS];
volatile __u64 hook_ns[REACH_SLOTS];

#define ETHERTYPE_IP	0x0800
#define PROTO_TCP	6
#define PROTO_UDP	17

/* The number at the start of the payload; -1: a packet without one (a bare ACK). */
static __always_inline __s64 number_of(void *data, void *end)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	void *l4 = (void *)(ip + 1);
	__u64 len = sizeof(struct udphdr), *number;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETHERTYPE_IP) || ip->ihl != 5)
		return -1;
	if (ip->protocol == PROTO_TCP) {
		struct tcphdr *tcp = l4;

		if ((void *)(tcp + 1) > end)
			return -1;
		len = tcp->doff * 4;
	} else if (ip->protocol != PROTO_UDP) {
		return -1;
	}
	number = l4 + len;
	if ((void *)(number + 1) > end)
		return -1;
	return *number;
}

static __always_inline int stamp_xdp(struct xdp_md *ctx)
{
	__s64 number = number_of((void *)(long)ctx->data, (void *)(long)ctx->data_end);

	if (number >= 0)
		xdp_ns[number & (REACH_SLOTS - 1)] = bpf_ktime_get_ns();
	return XDP_PASS;
}

/* In front of the cases that have a program of their own. */
SEC("?xdp")
int at_xdp(struct xdp_md *ctx)
{
	return stamp_xdp(ctx);
}

SEC("?tc")
__bench("from XDP to a tc ingress classifier, which drops") __driver("attach")
__needs("veth") __needs("clsact")
int tc(struct __sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	__s64 number = number_of((void *)(long)skb->data, (void *)(long)skb->data_end);

	if (number >= 0)
		hook_ns[number & (REACH_SLOTS - 1)] = now;
	return 2; /* TC_ACT_SHOT */
}

SEC("?sk_skb/stream_verdict")
__bench("from XDP to the stream verdict of a TCP socket in a map, which drops")
__driver("attach") __needs("veth") __needs("sk_skb") __needs("sockmap")
int sk_skb(struct __sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns(), number = 0;

	if (!bpf_skb_load_bytes(skb, 0, &number, sizeof(number)))
		hook_ns[number & (REACH_SLOTS - 1)] = now;
	return SK_DROP;
}

SEC("?xdp")
__bench("from XDP to a thread that waits in recv() on a UDP socket") __driver("attach")
__needs("veth")
__note("a wake-up is part of it; on one CPU also the end of the sender's system call and its next")
int socket(struct xdp_md *ctx)
{
	return stamp_xdp(ctx);
}
