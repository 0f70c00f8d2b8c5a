/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lookups of flows drawn at random: what map_footprint and map_zipf have in common. Flow k has the
 * key k of an array, and of a hash map a five-tuple that begins with k, 16 bytes with its padding.
 */
#ifndef MAP_FLOWS_BPF_H
#define MAP_FLOWS_BPF_H

#include "bench.bpf.h"
#include "map_def.bpf.h"
#include "map_flows.h"

/* The flows in the order of their packets; of them the first flow_mask + 1 count. */
__u32 flow_drawn[FLOWS_DRAWN];
const volatile __u64 flow_mask = FLOWS_DRAWN - 1;
/* Each batch goes on where the last one ended (1), or begins anew (0). */
const volatile __u64 flow_goes_on = 1;
/* Operations in front of a batch, outside its clock. */
const volatile __u64 flow_warm = 0;
__u64 flow_next, flow_warmed;

/* The body is the operation on @flow. */
#define FLOW_BENCH(name, tags)								\
static __always_inline __u64 name##_flow(__u32 flow);					\
											\
static int name##_warm(__u32 k, __u64 *at)						\
{											\
	flow_warmed += name##_flow(flow_drawn[(*at + k) & flow_mask]);			\
	return 0;									\
}											\
											\
/* Where the batch begins in flow_drawn. */						\
static __always_inline __u64 name##_begin(const __u64 *args)				\
{											\
	__u64 at = flow_next;								\
											\
	bpf_loop(flow_warm, name##_warm, &at, 0);					\
	at += flow_warm;								\
	flow_next = flow_goes_on * (at + args[BENCH_ARG_CHUNKS] * BENCH_CHUNK);		\
	return at;									\
}											\
											\
BENCH_WITH(name, tags, __u64, name##_begin(ctx))					\
{											\
	return name##_flow(flow_drawn[(ctx + i) & flow_mask]);				\
}											\
											\
static __always_inline __u64 name##_flow(__u32 flow)

/* 1: the map has the flow's value. */
#define FLOW_LOOKUP(map, key, flow)							\
	({										\
		__u64 *value_ = bpf_map_lookup_elem(map, key);				\
											\
		value_ ? *value_ - (flow) : 0;						\
	})

#define FLOW_CASES(params)								\
MAP_DEF(array_map, BPF_MAP_TYPE_ARRAY, 4, 8, 0);					\
MAP_DEF(hash_map, BPF_MAP_TYPE_HASH, 16, 8, BPF_F_ZERO_SEED);				\
MAP_DEF(lru_hash_map, BPF_MAP_TYPE_LRU_HASH, 16, 8, BPF_F_ZERO_SEED);			\
											\
FLOW_BENCH(walk, __bench("the loop and the load of the next flow's index"))		\
{											\
	bench_hide(flow);								\
	return 1;									\
}											\
											\
FLOW_BENCH(array, __bench("lookup of a random flow in an ARRAY") __baseline("walk")	\
	   __xlated("load+1") params)							\
{											\
	return FLOW_LOOKUP(&array_map, &flow, flow);					\
}											\
											\
FLOW_BENCH(hash, __bench("lookup of a random five-tuple in a HASH") __baseline("walk")	\
	   __xlated("call+1") params)							\
{											\
	struct map_wide_key key = { { flow } };						\
											\
	return FLOW_LOOKUP(&hash_map, &key, flow);					\
}											\
											\
FLOW_BENCH(lru_hash, __bench("lookup of a random five-tuple in an LRU_HASH")		\
	   __baseline("walk") __xlated("call+1") params)				\
{											\
	struct map_wide_key key = { { flow } };						\
											\
	return FLOW_LOOKUP(&lru_hash_map, &key, flow);					\
}

#endif
