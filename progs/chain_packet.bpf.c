// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does it cost to build a packet program of stages? Measured: one request answered at XDP, in
 * the kernel's test-run loop, by the same three stages put together in five ways. Parse: is it
 * UDP over IPv4 to the port, and its key. Lookup: the counter of the key in a hash map, one more
 * now. Reply: the counter goes into the packet, both sides change places, the checksum follows.
 * A stage hands a number to the next one: in a register; between programs in a per-CPU array.
 *
 * Not measured: the way of the packet to the program and back.
 *
 * Bias: one packet, one key, everything in the cache. The reply of a run is the request of the
 * next one, so that each run computes another checksum. The per-CPU array is a cost of tail calls
 * that a program without state would not have.
 */
#include "bench.bpf.h"
#include <bpf/bpf_endian.h>
#include "chain_packet.h"

#define ETH_TYPE_IPV4	0x0800
#define PROTO_UDP	17

/*
 * The parts of a frame as what they are loaded and stored with: x86 and the verifier take words at
 * any address, and the compiler would go byte by byte through a packed structure.
 */
struct chain_link {
	__u32 dst_mac;
	__u16 dst_mac_end;
	__u16 src_mac;		/* its beginning is not aligned, its end is */
	__u32 src_mac_end;
	__u16 type;
};

struct chain_ip {
	__u8 version_ihl, tos;
	__u16 len, id, frag;
	__u8 ttl, proto;
	__u16 check;
	__u32 src, dst;
};

struct chain_udp {
	__u16 src_port, dst_port, len, check;
};

struct chain_body {
	__u64 key;
	__u64 value;
};

struct chain_frame {
	struct chain_link *link;
	struct chain_ip *ip;
	struct chain_udp *udp;
	struct chain_body *body;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CHAIN_PACKET_ENTRIES);
	__uint(map_flags, BPF_F_ZERO_SEED);
	__type(key, __u64);
	__type(value, __u64);
} counters SEC(".maps");

/* What a program leaves for the next one. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} handover SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, NR_CHAIN_PACKET_STAGES);
	__type(key, __u32);
	__type(value, __u32);
} stages SEC(".maps");

/* slots[k] = k, written by user space: an index the verifier cannot know. */
volatile __u32 slots[NR_CHAIN_PACKET_STAGES];

/* False: too short. */
static __always_inline bool frame_of(struct xdp_md *ctx, struct chain_frame *f)
{
	void *data = (void *)(long)ctx->data;

	f->link = data;
	f->ip = data + CHAIN_PACKET_IP;
	f->udp = data + CHAIN_PACKET_UDP;
	f->body = data + CHAIN_PACKET_KEY;
	return (void *)(f->body + 1) <= (void *)(long)ctx->data_end;
}

/* The key of a request, 0 for all else. */
static __always_inline __u64 parse(struct xdp_md *ctx)
{
	struct chain_frame f;

	if (!frame_of(ctx, &f) || f.link->type != bpf_htons(ETH_TYPE_IPV4) ||
	    f.ip->version_ihl != 0x45 || f.ip->proto != PROTO_UDP ||
	    f.udp->dst_port != bpf_htons(CHAIN_PACKET_PORT))
		return 0;
	return f.body->key;
}

/* The counter of the key with this request, 0 if there is none. */
static __always_inline __u64 lookup(__u64 key)
{
	__u64 *counter = bpf_map_lookup_elem(&counters, &key);

	return counter ? ++*counter : 0;
}

/* The MAC addresses: six bytes each, the second one in the middle of words. */
static __always_inline void swap_macs(struct chain_link *link)
{
	__u32 head = link->dst_mac, tail = link->src_mac_end;
	__u16 end = link->dst_mac_end, begin = link->src_mac;

	link->dst_mac = begin | tail << 16;
	link->dst_mac_end = tail >> 16;
	link->src_mac = head;
	link->src_mac_end = head >> 16 | (__u32)end << 16;
}

static __always_inline int reply(struct xdp_md *ctx, __u64 value)
{
	struct chain_frame f;
	__u32 ip, sum;
	__u64 old;
	__u16 port;

	if (!frame_of(ctx, &f))
		return XDP_PASS;
	swap_macs(f.link);
	ip = f.ip->dst;
	f.ip->dst = f.ip->src;
	f.ip->src = ip;
	port = f.udp->dst_port;
	f.udp->dst_port = f.udp->src_port;
	f.udp->src_port = port;
	old = f.body->value;
	f.body->value = value;
	/* RFC 1624: of what changed. Sides that change places leave the sum as it is. */
	sum = bpf_csum_diff((__be32 *)&old, sizeof(old), (__be32 *)&value, sizeof(value),
			    (__u16)~f.udp->check);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	f.udp->check = sum ? sum : 0xffff;
	return XDP_TX;
}

SEC("?xdp")
__bench("one request answered, three stages in one body")
__driver("test_run") __baseline("once") __retval("3") __loads("8")
int one_body(struct xdp_md *ctx)
{
	__u64 key = parse(ctx), value = key ? lookup(key) : 0;

	return value ? reply(ctx, value) : XDP_PASS;
}

static __noinline __u64 parse_subprog(struct xdp_md *ctx)
{
	return parse(ctx);
}

static __noinline __u64 lookup_subprog(__u64 key)
{
	return lookup(key);
}

static __noinline int reply_subprog(struct xdp_md *ctx, __u64 value)
{
	return reply(ctx, value);
}

SEC("?xdp")
__bench("the same, each stage a static subprogram")
__driver("test_run") __baseline("once") __retval("3") __loads("8")
__xlated("call_pc+3")
int subprogs(struct xdp_md *ctx)
{
	__u64 key = parse_subprog(ctx), value = key ? lookup_subprog(key) : 0;

	return value ? reply_subprog(ctx, value) : XDP_PASS;
}

__noinline __u64 parse_global(struct xdp_md *ctx)
{
	return parse(ctx);
}

__noinline __u64 lookup_global(__u64 key)
{
	return lookup(key);
}

__noinline int reply_global(struct xdp_md *ctx, __u64 value)
{
	return reply(ctx, value);
}

SEC("?xdp")
__bench("the same, each stage a global function, verified by itself")
__driver("test_run") __baseline("once") __retval("3") __loads("8")
__xlated("call_pc+3")
int global_funcs(struct xdp_md *ctx)
{
	__u64 key = parse_global(ctx), value = key ? lookup_global(key) : 0;

	return value ? reply_global(ctx, value) : XDP_PASS;
}

static __always_inline __u64 *handed_over(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&handover, &zero);
}

/* The middle of a chain: 0 is left behind for what is not answered, and ends it. */
static __always_inline int lookup_next(void)
{
	__u64 *state = handed_over();

	return state && (*state = lookup(*state));
}

static __always_inline int parse_next(struct xdp_md *ctx)
{
	__u64 *state = handed_over();

	return state && (*state = parse(ctx));
}

static __always_inline int reply_last(struct xdp_md *ctx)
{
	__u64 *state = handed_over();

	return state ? reply(ctx, *state) : XDP_ABORTED;
}

SEC("?xdp")
__bench("the same, each stage a program, tail calls with a constant index (direct jumps)")
__driver("test_run") __baseline("once") __retval("3") __loads("8")
__xlated("call+1")
int tail_const(struct xdp_md *ctx)
{
	if (parse_next(ctx))
		bpf_tail_call_static(ctx, &stages, CHAIN_PACKET_LOOKUP);
	return XDP_PASS;
}

SEC("?xdp")
int tail_const_lookup(struct xdp_md *ctx)
{
	if (lookup_next())
		bpf_tail_call_static(ctx, &stages, CHAIN_PACKET_REPLY);
	return XDP_PASS;
}

SEC("?xdp")
int tail_const_reply(struct xdp_md *ctx)
{
	return reply_last(ctx);
}

SEC("?xdp")
__bench("the same, each stage a program, tail calls with an index from memory (indirect jumps)")
__driver("test_run") __baseline("once") __retval("3") __loads("8")
__xlated("call+1")
int tail_var(struct xdp_md *ctx)
{
	if (parse_next(ctx))
		bpf_tail_call(ctx, &stages, slots[CHAIN_PACKET_LOOKUP]);
	return XDP_PASS;
}

SEC("?xdp")
int tail_var_lookup(struct xdp_md *ctx)
{
	if (lookup_next())
		bpf_tail_call(ctx, &stages, slots[CHAIN_PACKET_REPLY]);
	return XDP_PASS;
}

SEC("?xdp")
int tail_var_reply(struct xdp_md *ctx)
{
	return reply_last(ctx);
}
