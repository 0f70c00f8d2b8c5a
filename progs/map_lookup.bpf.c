// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does a map lookup cost inside the kernel? Measured: bpf_map_lookup_elem() of a key that is
 * there, the NULL check, and one 8-byte load of the value, keys in a fixed pseudo-random order over
 * the whole map. Not measured: misses, updates, cold caches beyond what `entries` itself causes.
 * The key's computation is in the baseline. Hash maps have a fixed seed (BPF_F_ZERO_SEED), because
 * bucket collisions move a lookup by whole instructions from one random seed to the next.
 */
#include "bench.bpf.h"
#include "map_lookup.h"

const volatile __u64 entries = 1;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} array_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} percpu_array_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_ZERO_SEED);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hash_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(map_flags, BPF_F_ZERO_SEED);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lru_hash_map SEC(".maps");

BENCH(empty, __bench("the loop and the computation of the key")
	     __param("entries", "1024") __batch("entries"))
{
	__u32 key = map_lookup_key(i, entries);

	bench_hide(key);
	return key;
}

#define LOOKUP(map)									\
	{									\
		__u32 key = map_lookup_key(i, entries);				\
		__u64 *value = bpf_map_lookup_elem(&map, &key);			\
										\
		return value ? *value : 0;					\
	}

BENCH(array, __bench("lookup of an element of an ARRAY, which the verifier inlines")
	     __baseline("empty") __param("entries", "1024") __batch("entries")
	     __xlated("load+1") __xlated("jump+1"))
LOOKUP(array_map)

BENCH(percpu_array, __bench("lookup of this CPU's element of a PERCPU_ARRAY")
		    __baseline("empty") __param("entries", "1024") __batch("entries") __xlated("load+1"))
LOOKUP(percpu_array_map)

BENCH(hash, __bench("hit in a full, preallocated HASH with 4-byte keys")
	    __baseline("empty") __param("entries", "1024") __batch("entries")
	    __xlated("call+1") __xlated("load+1"))
LOOKUP(hash_map)

BENCH(lru_hash, __bench("hit in a half-full LRU_HASH with 4-byte keys")
		__baseline("empty") __param("entries", "1024") __batch("entries")
		__xlated("call+1") __xlated("load+1"))
LOOKUP(lru_hash_map)
