// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does it cost to delete from a map inside the kernel? Measured: bpf_map_delete_elem() of an
 * element that is there (`_miss`: that is not), bpf_map_pop_elem(); keys in the order of
 * map_lookup.
 *
 * Deleting empties a map: these are run `entries` at a time by BPF_PROG_TEST_RUN, with the map
 * filled from user space in between, untimed. Bias: that leaves the map's memory warm. `_pair` is
 * the other way: an insertion and its deletion in one operation, in a map that stays as full as it
 * is; to be held against the sum of map_update's `_new` and the case without suffix, whose elements
 * lie further apart.
 *
 * Not measured: several CPUs, user space, what RCU frees later (without preallocation).
 */
#include "bench.bpf.h"
#include "map_def.bpf.h"
#include "map_lookup.h"

const volatile __u64 entries = 1;
const volatile __u64 bytes = 8;

__u64 storage_value = STORAGE_VALUE;

#define ENTRIES __param("entries", "1024") __batch("entries")
#define STEADY __baseline("empty") ENTRIES
/* The map is filled in front of every batch. */
#define REFILLED __baseline("empty_refilled") ENTRIES __driver("attach")

#define NOTHING										\
{											\
	__u32 key = map_lookup_key(i, entries);						\
											\
	bench_hide(key);								\
	return key;									\
}

BENCH(empty, __bench("the loop and the computation of the key") ENTRIES)
NOTHING
BENCH(empty_refilled, __bench("the same loop, run `entries` at a time") ENTRIES __driver("attach"))
NOTHING

#define DELETE_AS(name, type, key_sz, key_t, key_is, flags, tags)			\
MAP_DEF(name##_map, type, key_sz, 8, flags);						\
BENCH(name, tags __xlated("call+1"))							\
{											\
	__u32 k = map_lookup_key(i, entries);						\
	key_t key = key_is;								\
											\
	return k - (int)bpf_map_delete_elem(&name##_map, &key);				\
}

#define DELETE(name, type, flags, tags) DELETE_AS(name, type, 4, __u32, k, flags, tags)
#define DELETE_LPM(name, tags)								\
	DELETE_AS(name, BPF_MAP_TYPE_LPM_TRIE, 8, struct map_lpm_key,			\
		  MAP_LPM_ADDRESS(k), BPF_F_NO_PREALLOC, tags __needs("lpm_trie"))
#define MAP_LPM_ADDRESS(k) { 32, k }

DELETE(hash, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED,
       __bench("deletion from a preallocated HASH") REFILLED)
DELETE(hash_miss, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED,
       __bench("deletion of what a full HASH does not hold") STEADY)
DELETE_AS(hash_key, BPF_MAP_TYPE_HASH, 16, struct map_wide_key, { { k } }, BPF_F_ZERO_SEED,
	  __bench("deletion from a preallocated HASH with keys of some bytes")
	  __param("bytes", "16") REFILLED)
DELETE(hash_noprealloc, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED | BPF_F_NO_PREALLOC,
       __bench("deletion from a HASH without preallocation") REFILLED)
DELETE(percpu_hash, BPF_MAP_TYPE_PERCPU_HASH, BPF_F_ZERO_SEED,
       __bench("deletion from a preallocated PERCPU_HASH") REFILLED)
DELETE(lru_hash, BPF_MAP_TYPE_LRU_HASH, BPF_F_ZERO_SEED,
       __bench("deletion from an LRU_HASH") REFILLED)
DELETE(lru_percpu_hash, BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_F_ZERO_SEED,
       __bench("deletion from an LRU_PERCPU_HASH") REFILLED)
DELETE_LPM(lpm_trie, __bench("deletion from an LPM_TRIE of addresses") REFILLED)
DELETE_LPM(lpm_trie_miss, __bench("deletion of what an LPM_TRIE does not hold") STEADY)

#define POP(name, type, tags)								\
MAP_DEF(name##_map, type, 0, 8, 0);							\
BENCH(name, tags REFILLED __xlated("call+1"))						\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u64 value = 0;								\
											\
	bpf_map_pop_elem(&name##_map, &value);						\
	return key + value;								\
}

POP(queue, BPF_MAP_TYPE_QUEUE, __bench("pop from a QUEUE") __needs("queue"))
POP(stack, BPF_MAP_TYPE_STACK, __bench("pop from a STACK") __needs("stack"))

#define PAIR(name, type, flags, tags)							\
MAP_DEF(name##_map, type, 4, 8, flags);							\
BENCH(name, tags STEADY __xlated("call+2"))						\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u64 value = key;								\
	long err = bpf_map_update_elem(&name##_map, &key, &value, BPF_NOEXIST);		\
											\
	return key - (int)err - (int)bpf_map_delete_elem(&name##_map, &key);		\
}

PAIR(hash_pair, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED,
     __bench("insertion into a preallocated HASH, and deletion"))
PAIR(hash_noprealloc_pair, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED | BPF_F_NO_PREALLOC,
     __bench("insertion into a HASH without preallocation, and deletion"))
PAIR(percpu_hash_pair, BPF_MAP_TYPE_PERCPU_HASH, BPF_F_ZERO_SEED,
     __bench("insertion into a preallocated PERCPU_HASH, and deletion"))
PAIR(lru_hash_pair, BPF_MAP_TYPE_LRU_HASH, BPF_F_ZERO_SEED,
     __bench("insertion into an LRU_HASH, and deletion"))

#define PUSH_POP(name, type, tags)							\
MAP_DEF(name##_map, type, 0, 8, 0);							\
BENCH(name, tags STEADY __xlated("call+2"))						\
{											\
	__u64 value = map_lookup_key(i, entries), popped = 0;				\
											\
	bpf_map_push_elem(&name##_map, &value, BPF_ANY);				\
	bpf_map_pop_elem(&name##_map, &popped);						\
	return popped;									\
}

PUSH_POP(queue_pair, BPF_MAP_TYPE_QUEUE,
	 __bench("push to an empty QUEUE, and pop") __needs("queue"))
PUSH_POP(stack_pair, BPF_MAP_TYPE_STACK,
	 __bench("push to an empty STACK, and pop") __needs("stack"))

/* A cgroup's is the same code. */
STORAGE_DEF(task_storage_pair_map, MAP_TYPE_TASK_STORAGE);
BENCH_WITH(task_storage_pair, STEADY __needs("task_storage") __xlated("call+2")
	   __bench("creation of the current task's element of a TASK_STORAGE, and deletion"),
	   struct task_struct *, bpf_get_current_task_btf())
{
	__u32 key = map_lookup_key(i, entries);
	__u64 *value = bpf_task_storage_get(&task_storage_pair_map, ctx, &storage_value,
					    STORAGE_CREATE);
	__u64 got = value ? *value : key;

	return got - (int)bpf_task_storage_delete(&task_storage_pair_map, ctx);
}
