// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does a chain of tc programs cost? Measured: one packet through a veth whose far end has
 * `progs` filters at clsact ingress, each of another priority, minus the same through a second veth
 * without clsact. Each filter passes the packet on to the next one. They do nothing; or look at the
 * UDP port; or also write all 256 bytes of one of 1024 entries of an array, that of the packet's
 * number. "same" is one program attached so often, with one map; "own" are as many programs, each
 * with a map of its own. slope_* is one more filter, without the hook itself.
 *
 * Not measured: several CPUs in the chain, and what a packet does behind it (it is dropped by IP).
 *
 * Bias: up to 64 packets take turns, in long chains only 4, so of a map 4 to 64 entries (1 to
 * 16 KiB) are in use. Sender and receiver are one CPU with warm caches.
 */
#include "bench.bpf.h"
#include <bpf/bpf_endian.h>
#include "chain_tc.h"

/* Of UAPI headers, which do not go together with vmlinux.h. */
#define ACT_NEXT	(-1)	/* TC_ACT_UNSPEC */
#define ACT_DROP	2	/* TC_ACT_SHOT */

#define UDP_DST_PORT	36
#define UDP_NUMBER	42

struct chain_entry {
	__u64 words[CHAIN_TC_WORDS];
};

const volatile __u64 progs = 1;

#define ENTRIES(name, kind)				\
struct {						\
	__uint(type, kind);				\
	__uint(max_entries, CHAIN_TC_ENTRIES);		\
	__type(key, __u32);				\
	__type(value, struct chain_entry);		\
} name SEC(".maps")

ENTRIES(same_array_map, BPF_MAP_TYPE_ARRAY);
ENTRIES(own_array_map, BPF_MAP_TYPE_ARRAY);
ENTRIES(same_percpu_array_map, BPF_MAP_TYPE_PERCPU_ARRAY);
ENTRIES(own_percpu_array_map, BPF_MAP_TYPE_PERCPU_ARRAY);

/* False: not for us. */
static __always_inline bool is_ours(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;

	if (data + UDP_NUMBER + sizeof(__u64) > (void *)(long)skb->data_end)
		return true;
	return *(__u16 *)(data + UDP_DST_PORT) != bpf_htons(CHAIN_TC_BLOCKED_PORT);
}

static __always_inline int write_entry(struct __sk_buff *skb, void *map)
{
	void *data = (void *)(long)skb->data;
	struct chain_entry *entry;
	__u64 number;
	__u32 key;
	int k;

	if (data + UDP_NUMBER + sizeof(number) > (void *)(long)skb->data_end)
		return ACT_NEXT;
	if (*(__u16 *)(data + UDP_DST_PORT) == bpf_htons(CHAIN_TC_BLOCKED_PORT))
		return ACT_DROP;
	number = *(__u64 *)(data + UDP_NUMBER);
	key = number & (CHAIN_TC_ENTRIES - 1);
	entry = bpf_map_lookup_elem(map, &key);
	if (!entry)
		return ACT_NEXT;
#pragma unroll
	for (k = 0; k < CHAIN_TC_WORDS; k++)
		entry->words[k] = CHAIN_TC_WORD(number);
	return ACT_NEXT;
}

#define CHAIN(name, text, values, checks)						\
SEC("?tc") __bench("packet through " text) __driver("attach") __baseline("detached")	\
__param("progs", values) __needs("veth") __needs("clsact") __batch("4")	\
__loads("6") __unrehearsed checks							\
int name(struct __sk_buff *skb)

#define SAME	"1,64,1024"
/* 1024 maps of 256 KiB, or of that for each CPU, take a run 15 s or more to make. */
#define OWN	"1,16,64"

BENCH_USER(detached, __bench("packet through a veth, nothing attached") __needs("veth")
	   __batch("4") __loads("6") __unrehearsed)

CHAIN(same_nothing, "one program that does nothing, attached so often", "1,4,16,64,256,1024", )
{
	(void)skb;
	return ACT_NEXT;
}

CHAIN(own_nothing, "so many programs that do nothing", OWN ",1024", )
{
	(void)skb;
	return ACT_NEXT;
}

CHAIN(same_filter, "one program that looks at the port, attached so often", SAME,
      __xlated("load+3"))
{
	return is_ours(skb) ? ACT_NEXT : ACT_DROP;
}

CHAIN(own_filter, "so many programs that look at the port", OWN ",1024", __xlated("load+3"))
{
	return is_ours(skb) ? ACT_NEXT : ACT_DROP;
}

CHAIN(same_array, "one program that writes an entry of its ARRAY, attached so often", SAME,
      __xlated("store+32"))
{
	return write_entry(skb, &same_array_map);
}

CHAIN(own_array, "so many programs that each write an entry of an ARRAY of its own",
      "1,16,64,256", __xlated("store+32"))
{
	return write_entry(skb, &own_array_map);
}

CHAIN(same_percpu_array, "one program that writes an entry of its PERCPU_ARRAY, attached so often",
      SAME, __xlated("store+32"))
{
	return write_entry(skb, &same_percpu_array_map);
}

CHAIN(own_percpu_array, "so many programs that each write an entry of a PERCPU_ARRAY of its own",
      OWN, __xlated("store+32"))
{
	return write_entry(skb, &own_percpu_array_map);
}
