// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does an empty program cost on the way of a packet? Measured: one packet through a pair of
 * devices (or one message of a TCP connection through it) with the program attached, minus the
 * same through a second pair without. In the net are the hook itself and what the kernel does
 * differently because something hangs there: an XDP program makes a veth copy packets that came
 * as skbs, a socket in a map has other operations for send() and recv().
 *
 * Not measured: what a program does with a packet; a NIC's driver, DMA and interrupts; several
 * CPUs.
 *
 * Bias: the first program of a kind on a machine switches on a branch (static key) that all
 * devices, namespaces and cgroups then take. The baseline, which runs in turns with the case, takes
 * it too: one test of a pointer is missing from the net. Sender and receiver are one CPU, with
 * warm caches.
 */
#include "bench.bpf.h"

/* Of UAPI headers, which do not go together with vmlinux.h. */
#define ACT_OK		0
#define FILTER_WHOLE	0xffff	/* more than any packet here */

#define EMPTY(name, sec, ctx_t, verdict, tags)				\
SEC(sec) tags __driver("attach")					\
int name(ctx_t *ctx)							\
{									\
	(void)ctx;							\
	return verdict;							\
}

BENCH_USER(detached_frames,
	   __bench("a frame from the driver's side through a veth, nothing attached")
	   __needs("veth") __needs("xdp_live_frames") __batch("256") __loads("6"))
BENCH_USER(detached_packet, __bench("a packet socket's frame through a veth, nothing attached")
	   __needs("veth") __loads("6"))
BENCH_USER(detached_primary, __bench("a packet socket's frame through a netkit, nothing attached")
	   __needs("netkit") __loads("6"))
BENCH_USER(detached_peer, __bench("the same from the peer to the primary device")
	   __needs("netkit") __loads("6"))
BENCH_USER(detached_udp,
	   __bench("a datagram from socket to socket through a veth, nothing attached")
	   __needs("veth") __loads("6"))
BENCH_USER(detached_tcp, __bench("a 64-byte message over TCP, sent, read and acknowledged")
	   __needs("veth") __batch("16") __loads("6"))
EMPTY(xdp_native, "?xdp", struct xdp_md, XDP_PASS,
      __bench("native XDP, per frame from the driver's side") __baseline("detached_frames")
      __needs("veth") __needs("xdp_live_frames") __batch("256") __loads("6"))
EMPTY(xdp_native_skb, "?xdp", struct xdp_md, XDP_PASS,
      __bench("native XDP, per packet that reaches the veth as an skb")
      __baseline("detached_packet") __needs("veth") __batch("64") __loads("6")
      __note("the veth copies each packet into a page of its own"))
EMPTY(xdp_generic, "?xdp", struct xdp_md, XDP_PASS,
      __bench("generic XDP, per packet") __baseline("detached_packet")
      __needs("veth") __batch("64") __loads("6")
      __note("the kernel copies each packet to get room in front of it"))

EMPTY(tc_ingress, "?tc", struct __sk_buff, ACT_OK,
      __bench("filter at clsact ingress, per packet") __baseline("detached_packet")
      __needs("veth") __needs("clsact") __loads("6"))
EMPTY(tc_egress, "?tc", struct __sk_buff, ACT_OK,
      __bench("filter at clsact egress, per packet") __baseline("detached_packet")
      __needs("veth") __needs("clsact") __loads("6"))
EMPTY(tcx_ingress, "?tc", struct __sk_buff, ACT_OK,
      __bench("tcx link at ingress, per packet") __baseline("detached_packet")
      __needs("veth") __needs("tcx") __loads("6"))
EMPTY(tcx_egress, "?tc", struct __sk_buff, ACT_OK,
      __bench("tcx link at egress, per packet") __baseline("detached_packet")
      __needs("veth") __needs("tcx") __loads("6"))
EMPTY(netkit_primary, "?tc", struct __sk_buff, ACT_OK,
      __bench("netkit link, per packet out of the primary device")
      __baseline("detached_primary") __needs("netkit") __loads("6"))
EMPTY(netkit_peer, "?tc", struct __sk_buff, ACT_OK,
      __bench("netkit link, per packet out of the peer device")
      __baseline("detached_peer") __needs("netkit") __loads("6"))

EMPTY(netfilter_link, "?netfilter", void, 1 /* NF_ACCEPT */,
      __bench("netfilter link at LOCAL_IN, per datagram") __baseline("detached_udp")
      __needs("veth") __needs("netfilter_link") __loads("6"))
EMPTY(cgroup_skb_ingress, "?cgroup_skb/ingress", struct __sk_buff, 1,
      __bench("cgroup_skb ingress, per datagram") __baseline("detached_udp")
      __needs("veth") __needs("cgroup_skb") __loads("6"))
EMPTY(cgroup_skb_egress, "?cgroup_skb/egress", struct __sk_buff, 1,
      __bench("cgroup_skb egress, per datagram") __baseline("detached_udp")
      __needs("veth") __needs("cgroup_skb") __loads("6"))
EMPTY(socket_filter, "?socket", struct __sk_buff, FILTER_WHOLE,
      __bench("filter of a UDP socket, per datagram") __baseline("detached_udp")
      __needs("veth") __loads("6"))

EMPTY(sk_msg, "?sk_msg", struct sk_msg_md, SK_PASS,
      __bench("sk_msg verdict, per message") __baseline("detached_tcp")
      __needs("veth") __needs("sockmap") __needs("sk_msg") __batch("16") __loads("6"))
EMPTY(sk_skb, "?sk_skb/stream_verdict", struct __sk_buff, SK_PASS,
      __bench("sk_skb stream parser and verdict, per message") __baseline("detached_tcp")
      __needs("veth") __needs("sockmap") __needs("sk_skb") __batch("16") __loads("6"))
EMPTY(sk_skb_verdict, "?sk_skb/stream_verdict", struct __sk_buff, SK_PASS,
      __bench("sk_skb verdict without a parser, per message") __baseline("detached_tcp")
      __needs("veth") __needs("sockmap") __needs("sk_skb") __batch("16") __loads("6"))
/* Asked for when the connection is made; then one call for each message that is acknowledged. */
SEC("?sockops")
__bench("sock_ops, called for the round trip of each message") __baseline("detached_tcp")
__driver("attach") __needs("veth") __needs("sock_ops") __batch("16") __loads("6")
int sockops(struct bpf_sock_ops *ctx)
{
	if (ctx->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB)
		bpf_sock_ops_cb_flags_set(ctx, BPF_SOCK_OPS_RTT_CB_FLAG);
	return 1;
}

/* The parser of sk_skb: a message is what came in one segment. */
SEC("?sk_skb/stream_parser")
int sk_skb_parser(struct __sk_buff *skb)
{
	return skb->len;
}
