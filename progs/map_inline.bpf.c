// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does the verifier's inlining of a lookup gain? Measured: the same lookup, hit and one load
 * of the value, of a map that the verifier knows (it writes an ARRAY's lookup out, and calls a
 * HASH's function directly) and, `_called`, of one of two maps: which one is known only when the
 * program runs, so that the call of the helper remains, which calls the map's function through a
 * pointer. Not measured: misses, updates.
 *
 * All of them, and the baseline, choose between two maps, so that the choice leaves with the
 * baseline. Bias: the address of the map is in the baseline too; a lookup that does not use the
 * choice loads its own, one instruction more. The indirect call is a retpoline on some machines,
 * which a count does not show.
 */
#include "bench.bpf.h"
#include "map_def.bpf.h"
#include "map_lookup.h"

const volatile __u64 entries = 1;

/* Never set: the first of two maps is it always. */
volatile __u64 second;

MAP_DEF(array_one, BPF_MAP_TYPE_ARRAY, 4, 8, 0);
MAP_DEF(array_two, BPF_MAP_TYPE_ARRAY, 4, 8, 0);
MAP_DEF(hash_one, BPF_MAP_TYPE_HASH, 4, 8, BPF_F_ZERO_SEED);
MAP_DEF(hash_two, BPF_MAP_TYPE_HASH, 4, 8, BPF_F_ZERO_SEED);
MAP_DEF(lru_hash_one, BPF_MAP_TYPE_LRU_HASH, 4, 8, BPF_F_ZERO_SEED);
MAP_DEF(lru_hash_two, BPF_MAP_TYPE_LRU_HASH, 4, 8, BPF_F_ZERO_SEED);

#define ENTRIES __param("entries", "1024") __batch("entries")

BENCH(empty, __bench("the loop, the computation of the key, a choice between two maps") ENTRIES)
{
	__u32 key = map_lookup_key(i, entries);
	void *map = second ? (void *)&array_two : (void *)&array_one;

	bench_hide(map);
	bench_hide(key);
	return key;
}

#define INLINED(name, tags)								\
BENCH(name, tags __baseline("empty") ENTRIES)						\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	void *map = second ? (void *)&name##_two : (void *)&name##_one;			\
	__u64 *value;									\
											\
	bench_hide(map);								\
	value = bpf_map_lookup_elem(&name##_one, &key);					\
	return value ? *value : 0;							\
}

#define CALLED(name, tags)								\
BENCH(name##_called, tags __baseline("empty") ENTRIES __xlated("call+1"))		\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	void *map = second ? (void *)&name##_two : (void *)&name##_one;			\
	__u64 *value;									\
											\
	bench_hide(map);								\
	value = bpf_map_lookup_elem(map, &key);						\
	return value ? *value : 0;							\
}

INLINED(array, __bench("ARRAY, the lookup written out by the verifier") __xlated("jump+3"))
CALLED(array, __bench("ARRAY, lookup by the helper"))
INLINED(hash, __bench("HASH, a direct call of the map's function")
	      __xlated("call+1") __xlated("jump+2"))
CALLED(hash, __bench("HASH, lookup by the helper"))
INLINED(lru_hash, __bench("LRU_HASH, a direct call, and the mark of use written out")
		  __xlated("call+1") __xlated("jump+3"))
CALLED(lru_hash, __bench("LRU_HASH, lookup by the helper"))
