// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does an empty program cost a bulk TCP stream? Measured: 64 KiB written into a connection
 * through a veth and read at its other end, by the same thread: what one CPU spends on both sides.
 * Segments are single ones of at most 1448 bytes, 46 in a write, so that a program at the device
 * runs for each of them; their ACKs come back past no program. Not measured: several connections,
 * a NIC, segmentation and receive offload, with which a program runs some 40 times less often.
 *
 * Bias: the sender's work is in the time; where the receiver has a CPU of its own, a program weighs
 * up to twice as much. With XDP, a veth receives in its NAPI, and copies what TCP sends.
 */
#include "bench.bpf.h"

#define ACT_OK 0
#define NOT_COUNTED \
	__time_only("the count of a write varies by 0.5 % with TCP's timers and buffers")

BENCH_USER(nothing, __bench("64 KiB through a TCP connection, nothing attached") __needs("veth")
	   NOT_COUNTED __loads("12"))

SEC("?xdp")
__bench("64 KiB through a TCP connection, XDP at the receiver's device") __driver("attach")
__baseline("nothing") __needs("veth") NOT_COUNTED __loads("12")
__note("a veth copies each packet of TCP's into a page of its own for XDP")
int xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("?tc")
__bench("64 KiB through a TCP connection, tc ingress at the receiver's device") __driver("attach")
__baseline("nothing") __needs("veth") __needs("clsact") NOT_COUNTED __loads("12")
int tc(struct __sk_buff *skb)
{
	(void)skb;
	return ACT_OK;
}

SEC("?sk_skb/stream_verdict")
__bench("64 KiB through a TCP connection, stream verdict at the receiver's socket")
__driver("attach") __baseline("nothing") __needs("veth") __needs("sk_skb") __needs("sockmap")
NOT_COUNTED __loads("12")
int sk_skb(struct __sk_buff *skb)
{
	(void)skb;
	return SK_PASS;
}
