// SPDX-License-Identifier: GPL-2.0-only
/*
 * How soon is a request answered? Measured: 64 bytes out of a socket, through a veth, and back to
 * the same socket, one request at a time. tcp_* and udp_*: a thread answers, and an empty program
 * is on the request's way. echo_*: who answers, that thread or a program at an earlier hook.
 * Not measured: a wire, a NIC and its interrupts, and requests that wait for others.
 *
 * Client and server are one CPU's, as real-time threads of equal priority: a wake-up is a switch
 * from one to the other, and neither is preempted, by the other or by other load. On two CPUs it
 * would be an inter-processor interrupt to an idle CPU, which in a virtual machine takes several
 * times as long as everything else, and as long as the host likes.
 *
 * Bias: that switch is a real-time thread's, cheaper than one between ordinary ones. A program that
 * answers within the client's send() saves both switches of a round trip; where the client is
 * another machine, it saves the server's only. The veth delivers in the sender's system call.
 */
#include "bench.bpf.h"
#include <bpf/bpf_endian.h>
#include "hook_latency.h"

#define ACT_OK		0
#define ETHERTYPE_IP	0x0800
#define PROTO_UDP	17

/* A batch is long for the sake of the percentiles. */
#define LIMITS								\
	__needs("veth") __batch("64") __loads("6")			\
	__time_only("a round trip's count hangs on timers, hook_net counts the hooks")

#define PASS(name, sec, ctx_t, verdict, tags)				\
SEC(sec) tags __driver("attach") LIMITS					\
int name(ctx_t *ctx)							\
{									\
	(void)ctx;							\
	return verdict;							\
}

BENCH_USER(tcp_nothing, __bench("64 bytes there and back over TCP, nothing attached")
	   LIMITS)
PASS(tcp_xdp, "?xdp", struct xdp_md, XDP_PASS,
     __bench("64 bytes there and back over TCP, XDP at the server's device")
     __baseline("tcp_nothing")
     __note("a veth copies each packet of TCP's into a page of its own for XDP"))
PASS(tcp_tc, "?tc", struct __sk_buff, ACT_OK,
     __bench("64 bytes there and back over TCP, tc ingress at the server's device")
     __baseline("tcp_nothing") __needs("clsact"))
PASS(tcp_sk_msg, "?sk_msg", struct sk_msg_md, SK_PASS,
     __bench("64 bytes there and back over TCP, sk_msg at the client's socket")
     __baseline("tcp_nothing") __needs("sk_msg") __needs("sockmap"))

BENCH_USER(udp_nothing, __bench("64 bytes there and back over UDP, nothing attached")
	   LIMITS)
PASS(udp_xdp, "?xdp", struct xdp_md, XDP_PASS,
     __bench("64 bytes there and back over UDP, XDP at the server's device")
     __baseline("udp_nothing"))
PASS(udp_tc, "?tc", struct __sk_buff, ACT_OK,
     __bench("64 bytes there and back over UDP, tc ingress at the server's device")
     __baseline("udp_nothing") __needs("clsact"))

/* A request on its way back; false: something else. Checksums are sums: they stay as they are. */
static __always_inline bool turn_round(void *data, void *end)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct udphdr *udp = (void *)(ip + 1);
	__u8 mac[6];
	__be32 addr;
	__be16 port;

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETHERTYPE_IP) || ip->ihl != 5 ||
	    ip->protocol != PROTO_UDP || udp->dest != bpf_htons(LATENCY_PORT))
		return false;
	__builtin_memcpy(mac, eth->h_source, sizeof(mac));
	__builtin_memcpy(eth->h_source, eth->h_dest, sizeof(mac));
	__builtin_memcpy(eth->h_dest, mac, sizeof(mac));
	addr = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = addr;
	port = udp->source;
	udp->source = udp->dest;
	udp->dest = port;
	return true;
}

BENCH_USER(echo_user, __bench("a 64-byte UDP echo by a thread in user space")
	   LIMITS)

SEC("?xdp")
__bench("a 64-byte UDP echo by XDP") __driver("attach") __baseline("echo_user") LIMITS
__note("a veth needs an XDP program at the client's device, too")
int echo_xdp(struct xdp_md *ctx)
{
	return turn_round((void *)(long)ctx->data, (void *)(long)ctx->data_end) ? XDP_TX : XDP_PASS;
}

SEC("?xdp")
int at_client(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("?tc")
__bench("a 64-byte UDP echo by tc ingress") __driver("attach") __baseline("echo_user")
LIMITS __needs("clsact")
int echo_tc(struct __sk_buff *skb)
{
	if (!turn_round((void *)(long)skb->data, (void *)(long)skb->data_end))
		return ACT_OK;
	return bpf_redirect(skb->ifindex, 0);
}

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} echo_sk_skb_map SEC(".maps");

/* Out of the socket that it came to. */
SEC("?sk_skb/stream_verdict")
__bench("a 64-byte UDP echo by the verdict of the server's socket") __driver("attach")
__baseline("echo_user") LIMITS __needs("sk_skb") __needs("sockmap")
__note("the answer leaves from a kernel thread, which has to be woken up")
int echo_sk_skb(struct __sk_buff *skb)
{
	return bpf_sk_redirect_map(skb, &echo_sk_skb_map, 0, 0);
}
