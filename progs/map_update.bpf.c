// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does a map update cost inside the kernel? Measured: bpf_map_update_elem() or
 * bpf_map_push_elem(), with the copy of the value; keys in the order of map_lookup. Cases without a
 * suffix replace an element that is there; `_new` insert one that is not. `global` and `arena` are
 * the store that takes an update's place there. The computation of key and value is in the
 * baseline, their store on the stack is not.
 *
 * Inserting fills a map up: `_new`, `queue` and `stack` are run `entries` at a time by
 * BPF_PROG_TEST_RUN, with the map emptied from user space in between, untimed. Bias: that leaves
 * the map's memory warm. Without preallocation the elements come from a cache of the CPU that is
 * refilled under way: part of an insertion, but not the same part of each.
 *
 * Not measured: several CPUs (an update takes its bucket's lock, here always free), user space.
 */
#include "bench.bpf.h"
#include "map_def.bpf.h"
#include "map_lookup.h"

const volatile __u64 entries = 1;
const volatile __u64 bytes = 8;

/*
 * Values of more than 8 bytes: the first word is the value, prog_tests/ writes the others. x86's
 * memcpy() copies forwards or backwards by the low bytes of both addresses, as signed numbers: 0x78
 * is the greatest that a word can have, so that it is always forwards.
 */
struct {
	__u64 before[0x78 / 8];
	__u64 words[MAP_LOOKUP_WORDS];
} update_source __attribute__((aligned(256)));

__u64 update_data[MAP_LOOKUP_DATA];

#define ENTRIES __param("entries", "1024") __batch("entries")
#define STEADY __baseline("empty") ENTRIES
/* The map is emptied in front of every batch. */
#define REFILLED __baseline("empty_refilled") ENTRIES __driver("attach")

#define NOTHING										\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u64 value = i + 1;								\
											\
	bench_hide(value);								\
	bench_hide(key);								\
	return key;									\
}

BENCH(empty, __bench("the loop, the computation of key and value")
	     __param("entries", "512,1024") __batch("1024"))
NOTHING
BENCH(empty_refilled, __bench("the same loop, run `entries` at a time") ENTRIES __driver("attach"))
NOTHING

/* 0 is success: an error would be seen in the sum. */
#define UPDATE_AS(name, type, key_sz, key_t, key_is, map_flags, how, tags)		\
MAP_DEF(name##_map, type, key_sz, 8, map_flags);					\
BENCH(name, tags __xlated("call+1"))							\
{											\
	__u32 k = map_lookup_key(i, entries);						\
	key_t key = key_is;								\
	__u64 value = i + 1;								\
											\
	return k - bpf_map_update_elem(&name##_map, &key, &value, how);			\
}

#define UPDATE(name, type, flags, how, tags)						\
	UPDATE_AS(name, type, 4, __u32, k, flags, how, tags)
#define UPDATE_WIDE(name, type, flags, tags)						\
	UPDATE_AS(name, type, 16, struct map_wide_key, { { k } }, flags, BPF_ANY,	\
		  tags __param("bytes", "16"))
#define UPDATE_LPM(name, tags)								\
	UPDATE_AS(name, BPF_MAP_TYPE_LPM_TRIE, 8, struct map_lpm_key,			\
		  MAP_LPM_ADDRESS(k), BPF_F_NO_PREALLOC, BPF_ANY, tags __needs("lpm_trie"))
#define MAP_LPM_ADDRESS(k) { 32, k }

UPDATE(array, BPF_MAP_TYPE_ARRAY, 0, BPF_ANY, __bench("update in an ARRAY") STEADY)
UPDATE(percpu_array, BPF_MAP_TYPE_PERCPU_ARRAY, 0, BPF_ANY,
       __bench("update of this CPU's element of a PERCPU_ARRAY") STEADY)
UPDATE(hash, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED, BPF_ANY,
       __bench("update of an element of a full, preallocated HASH") STEADY)
UPDATE(hash_exist, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED, BPF_EXIST,
       __bench("the same with BPF_EXIST") STEADY)
UPDATE_WIDE(hash_key, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED,
	    __bench("the same with keys of some bytes") STEADY)
UPDATE(hash_noprealloc, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED | BPF_F_NO_PREALLOC, BPF_ANY,
       __bench("update of an element of a full HASH without preallocation") STEADY)
UPDATE(percpu_hash, BPF_MAP_TYPE_PERCPU_HASH, BPF_F_ZERO_SEED, BPF_ANY,
       __bench("update of this CPU's value in a full PERCPU_HASH") STEADY)
UPDATE_WIDE(percpu_hash_key, BPF_MAP_TYPE_PERCPU_HASH, BPF_F_ZERO_SEED,
	    __bench("the same with keys of some bytes") STEADY)
UPDATE(lru_hash, BPF_MAP_TYPE_LRU_HASH, BPF_F_ZERO_SEED, BPF_ANY,
       __bench("update of an element of a half-full LRU_HASH") STEADY)
UPDATE_WIDE(lru_hash_key, BPF_MAP_TYPE_LRU_HASH, BPF_F_ZERO_SEED,
	    __bench("the same with keys of some bytes") STEADY)
UPDATE(lru_percpu_hash, BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_F_ZERO_SEED, BPF_ANY,
       __bench("update of this CPU's value in a half-full LRU_PERCPU_HASH") STEADY)
UPDATE_LPM(lpm_trie, __bench("update of an IPv4 address in an LPM_TRIE of addresses") STEADY)

#define UPDATE_VALUE(name, type, flags, tags)						\
MAP_DEF(name##_map, type, 4, 8, flags);							\
BENCH(name, tags STEADY __param("bytes", "64,256,1024") __xlated("call+1")		\
	    __note("some kernels copy by string instructions, counted once per repetition"))	\
{											\
	__u32 key = map_lookup_key(i, entries);						\
											\
	update_source.words[0] = i + 1;							\
	return key - bpf_map_update_elem(&name##_map, &key, update_source.words, BPF_ANY); \
}

UPDATE_VALUE(array_value, BPF_MAP_TYPE_ARRAY, 0, __bench("update of a large value in an ARRAY"))
UPDATE_VALUE(hash_value, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED,
	     __bench("update of a large value in a full HASH"))

UPDATE(hash_new, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED, BPF_NOEXIST,
       __bench("insertion into a preallocated HASH") REFILLED)
UPDATE_WIDE(hash_key_new, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED,
	    __bench("the same with keys of some bytes") REFILLED)
UPDATE(hash_noprealloc_new, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED | BPF_F_NO_PREALLOC, BPF_NOEXIST,
       __bench("insertion into a HASH without preallocation") REFILLED)
UPDATE(percpu_hash_new, BPF_MAP_TYPE_PERCPU_HASH, BPF_F_ZERO_SEED, BPF_NOEXIST,
       __bench("insertion into a preallocated PERCPU_HASH") REFILLED)
UPDATE(lru_hash_new, BPF_MAP_TYPE_LRU_HASH, BPF_F_ZERO_SEED, BPF_NOEXIST,
       __bench("insertion into an LRU_HASH that has room") REFILLED)
UPDATE_LPM(lpm_trie_new, __bench("insertion into an LPM_TRIE") REFILLED)

/* MAP_LOOKUP_EVICT times as many keys as elements: each has gone when it comes again. */
MAP_DEF(lru_hash_evict_map, BPF_MAP_TYPE_LRU_HASH, 4, 8, BPF_F_ZERO_SEED);

BENCH(lru_hash_evict, __bench("insertion into a full LRU_HASH, which evicts") __baseline("empty")
		      __param("entries", "512") __batch("1024") __xlated("call+1"))
{
	__u32 key = map_lookup_key(i, entries * MAP_LOOKUP_EVICT);
	__u64 value = i + 1;

	return key - bpf_map_update_elem(&lru_hash_evict_map, &key, &value, BPF_NOEXIST);
}

#define PUSH(name, type, how, tags)							\
MAP_DEF(name##_map, type, 0, 8, 0);							\
BENCH(name, tags __xlated("call+1"))							\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u64 value = i + 1;								\
											\
	return key - bpf_map_push_elem(&name##_map, &value, how);			\
}

PUSH(queue, BPF_MAP_TYPE_QUEUE, BPF_ANY, __bench("push to a QUEUE") REFILLED __needs("queue"))
PUSH(stack, BPF_MAP_TYPE_STACK, BPF_ANY, __bench("push to a STACK") REFILLED __needs("stack"))
PUSH(queue_full, BPF_MAP_TYPE_QUEUE, BPF_EXIST,
     __bench("push to a full QUEUE, instead of its oldest element") STEADY __needs("queue"))

MAP_DEF(bloom_filter_map, MAP_TYPE_BLOOM_FILTER, 0, 8, BPF_F_ZERO_SEED);

BENCH(bloom_filter, __bench("addition of a member that a BLOOM_FILTER has") STEADY
		    __needs("bloom_filter") __xlated("call+1"))
{
	__u64 value = map_lookup_key(i, entries);

	return value - bpf_map_push_elem(&bloom_filter_map, &value, BPF_ANY);
}

BENCH(global, __bench("store to an element of an array in global data") STEADY __xlated("store+1"))
{
	__u32 key = map_lookup_key(i, entries);

	update_data[key % MAP_LOOKUP_DATA] = i + 1;
	return key;
}

MAP_DEF(arena_map, MAP_TYPE_ARENA, 0, 0, BPF_F_MMAPABLE);

BENCH(arena, __bench("store to an element of an array in an arena") STEADY __needs("arena")
	     __xlated("store+1"))
{
	const __u64 n = entries;
	__u32 key = map_lookup_key(i, n);
	register __u64 p asm("r1") = MAP_ARENA_ADDRESS + key * 8ull;

	MAP_ARENA_POINTER(p, arena_map, n == ~0ull);
	*(volatile __u64 *)p = i + 1;
	return key;
}
