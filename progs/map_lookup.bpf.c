// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does a map lookup cost inside the kernel? Measured: the helper that finds an element, the
 * check of its result, and one 8-byte load of the value where there is one; for `_value` one load
 * in each 64 bytes of the value, so that each line of it is touched. Keys come in a fixed
 * pseudo-random order over the whole map. The key's computation is in the baseline, its store on
 * the stack is not.
 *
 * Not measured: cold caches beyond what `entries` itself causes, several CPUs, a lookup from user
 * space. Misses look for keys next to those that are there.
 *
 * Bias: hash maps have a fixed seed (BPF_F_ZERO_SEED), because bucket collisions move a lookup by
 * whole instructions from one random seed to the next. LRU maps are half full: they evict before
 * they are full. A queue's, stack's or storage's element is always the same one, and warm.
 */
#include "bench.bpf.h"
#include "map_def.bpf.h"
#include "map_lookup.h"

const volatile __u64 entries = 1;
const volatile __u64 bytes = 8;
const volatile __u64 prefix = 32;

__u64 lookup_data[MAP_LOOKUP_DATA];
__u64 storage_value = STORAGE_VALUE;

#define ENTRIES __param("entries", "1024") __batch("entries")

BENCH(empty, __bench("the loop and the computation of the key") ENTRIES)
{
	__u32 key = map_lookup_key(i, entries);

	bench_hide(key);
	return key;
}

#define LOOKUP(name, type, key_sz, flags, tags)						\
MAP_DEF(name##_map, type, key_sz, 8, flags);						\
BENCH(name, tags __baseline("empty") ENTRIES)

/* A 4-byte key that is there. */
#define HIT(name, type, flags, tags)							\
LOOKUP(name, type, 4, flags, tags __xlated("load+1"))					\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u64 *value = bpf_map_lookup_elem(&name##_map, &key);				\
											\
	return value ? *value : 0;							\
}

/* One that is not: returns the key, so that each is known to have been looked for. */
#define MISS(name, type, flags, tags)							\
LOOKUP(name, type, 4, flags, tags __xlated("call+1"))					\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u64 *value = bpf_map_lookup_elem(&name##_map, &key);				\
											\
	return value ? *value : key;							\
}

#define HIT_WIDE(name, type, flags, tags)						\
LOOKUP(name, type, 16, flags, tags __param("bytes", "16") __xlated("call+1"))		\
{											\
	struct map_wide_key key = { { map_lookup_key(i, entries) } };			\
	__u64 *value = bpf_map_lookup_elem(&name##_map, &key);				\
											\
	return value ? *value : 0;							\
}

HIT(array, BPF_MAP_TYPE_ARRAY, 0,
    __bench("lookup of an element of an ARRAY, which the verifier inlines") __xlated("jump+1"))
HIT(percpu_array, BPF_MAP_TYPE_PERCPU_ARRAY, 0,
    __bench("lookup of this CPU's element of a PERCPU_ARRAY"))
HIT(hash, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED,
    __bench("hit in a full, preallocated HASH with 4-byte keys") __xlated("call+1"))
MISS(hash_miss, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED,
     __bench("miss in a full, preallocated HASH with 4-byte keys"))
HIT_WIDE(hash_key, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED,
	 __bench("hit in a full, preallocated HASH with keys of some bytes"))
HIT(hash_noprealloc, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED | BPF_F_NO_PREALLOC,
    __bench("hit in a full HASH whose elements were allocated one by one") __xlated("call+1"))
HIT(percpu_hash, BPF_MAP_TYPE_PERCPU_HASH, BPF_F_ZERO_SEED,
    __bench("hit in a full PERCPU_HASH, this CPU's value") __xlated("call+1"))
MISS(percpu_hash_miss, BPF_MAP_TYPE_PERCPU_HASH, BPF_F_ZERO_SEED,
     __bench("miss in a full PERCPU_HASH"))
HIT_WIDE(percpu_hash_key, BPF_MAP_TYPE_PERCPU_HASH, BPF_F_ZERO_SEED,
	 __bench("hit in a full PERCPU_HASH with keys of some bytes"))
HIT(lru_hash, BPF_MAP_TYPE_LRU_HASH, BPF_F_ZERO_SEED,
    __bench("hit in a half-full LRU_HASH with 4-byte keys") __xlated("call+1"))
MISS(lru_hash_miss, BPF_MAP_TYPE_LRU_HASH, BPF_F_ZERO_SEED,
     __bench("miss in a half-full LRU_HASH with 4-byte keys"))
HIT_WIDE(lru_hash_key, BPF_MAP_TYPE_LRU_HASH, BPF_F_ZERO_SEED,
	 __bench("hit in a half-full LRU_HASH with keys of some bytes"))
HIT(lru_percpu_hash, BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_F_ZERO_SEED,
    __bench("hit in a half-full LRU_PERCPU_HASH, this CPU's value") __xlated("call+1"))
MISS(lru_percpu_hash_miss, BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_F_ZERO_SEED,
     __bench("miss in a half-full LRU_PERCPU_HASH"))

/* prog_tests/ sets the value's size; the verifier removes the loads behind its end. */
#define LINE(k) if (n > (k) * 64) read += value[(k) * 8];
#define HIT_VALUE(name, type, flags, tags)						\
MAP_DEF(name##_map, type, 4, 8, flags);							\
BENCH(name, tags __baseline("empty") ENTRIES __param("bytes", "64,256,1024")		\
	    __xlated("load+bytes/64"))							\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u64 *value = bpf_map_lookup_elem(&name##_map, &key);				\
	const __u64 n = bytes;								\
	__u64 read = 0;									\
											\
	if (!value)									\
		return 0;								\
	LINE(0) LINE(1) LINE(2) LINE(3) LINE(4) LINE(5) LINE(6) LINE(7)			\
	LINE(8) LINE(9) LINE(10) LINE(11) LINE(12) LINE(13) LINE(14) LINE(15)		\
	return read;									\
}

HIT_VALUE(array_value, BPF_MAP_TYPE_ARRAY, 0,
	  __bench("lookup in an ARRAY, and a load from each 64 bytes of the value"))
HIT_VALUE(hash_value, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED,
	  __bench("hit in a full HASH, and a load from each 64 bytes of the value")
	  __xlated("call+1"))

#define HIT_CPU(name, type, flags, tags)						\
LOOKUP(name, type, 4, flags, tags __needs("map_lookup_percpu_elem") __xlated("load+1"))	\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u64 *value = bpf_map_lookup_percpu_elem(&name##_map, &key, 0);		\
											\
	return value ? *value : 0;							\
}

HIT_CPU(percpu_array_cpu, BPF_MAP_TYPE_PERCPU_ARRAY, 0,
	__bench("lookup of CPU 0's element of a PERCPU_ARRAY, by bpf_map_lookup_percpu_elem()"))
HIT_CPU(percpu_hash_cpu, BPF_MAP_TYPE_PERCPU_HASH, BPF_F_ZERO_SEED,
	__bench("hit in a full PERCPU_HASH, CPU 0's value, by bpf_map_lookup_percpu_elem()"))

#define LPM(name, otherwise, tags)							\
LOOKUP(name, BPF_MAP_TYPE_LPM_TRIE, 8, BPF_F_NO_PREALLOC, tags __needs("lpm_trie")	\
       __xlated("call+1"))								\
{											\
	struct map_lpm_key key = { 32, map_lookup_key(i, entries) };			\
	__u64 *value = bpf_map_lookup_elem(&name##_map, &key);				\
											\
	return value ? *value : (otherwise);						\
}

LPM(lpm_trie, 0, __bench("lookup of an IPv4 address in an LPM_TRIE of addresses"))
LPM(lpm_trie_prefix, 0, __param("prefix", "16")
    __bench("lookup of an IPv4 address in an LPM_TRIE of prefixes"))
LPM(lpm_trie_miss, key.address,
    __bench("lookup of an IPv4 address that no prefix of an LPM_TRIE covers"))

/* The inner maps hold MAP_LOOKUP_INNER elements each; together they have `entries`. */
struct inner_array {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAP_LOOKUP_INNER);
	__uint(key_size, 4);
	__uint(value_size, 8);
};

#define OUTER(name, map_type, flags, otherwise, tags)					\
struct {										\
	__uint(type, map_type);								\
	__uint(map_flags, flags);							\
	__uint(max_entries, 1);								\
	__uint(key_size, 4);								\
	__array(values, struct inner_array);						\
} name##_map SEC(".maps");								\
											\
BENCH(name, tags __baseline("empty") ENTRIES __loads("6") __needs("map_in_map"))	\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u32 outer = key / MAP_LOOKUP_INNER;						\
	void *inner = bpf_map_lookup_elem(&name##_map, &outer);				\
	__u64 *value;									\
											\
	if (!inner)									\
		return otherwise;							\
	key %= MAP_LOOKUP_INNER;							\
	value = bpf_map_lookup_elem(inner, &key);					\
	return value ? *value : 0;							\
}

OUTER(array_of_maps, BPF_MAP_TYPE_ARRAY_OF_MAPS, 0, 0, __xlated("load+2")
      __bench("lookup of an inner ARRAY in an ARRAY_OF_MAPS, and of an element in that"))
OUTER(hash_of_maps, BPF_MAP_TYPE_HASH_OF_MAPS, BPF_F_ZERO_SEED, 0, __xlated("call+1")
      __bench("lookup of an inner ARRAY in a HASH_OF_MAPS, and of an element in that"))
OUTER(hash_of_maps_miss, BPF_MAP_TYPE_HASH_OF_MAPS, BPF_F_ZERO_SEED, key, __xlated("call+1")
      __bench("lookup of an inner ARRAY that is not in a HASH_OF_MAPS"))

#define PEEK(name, type, tags)								\
LOOKUP(name, type, 0, 0, tags __xlated("call+1"))					\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u64 value = 0;								\
											\
	bpf_map_peek_elem(&name##_map, &value);						\
	return value + key;								\
}

PEEK(queue, BPF_MAP_TYPE_QUEUE,
     __bench("peek at the oldest element of a full QUEUE") __needs("queue"))
PEEK(stack, BPF_MAP_TYPE_STACK,
     __bench("peek at the newest element of a full STACK") __needs("stack"))

/*
 * The helper says 0 for a member, -ENOENT for others: as arithmetic, it needs no branch. Before 6.4
 * the verifier's direct call leaves 32 bits of it.
 */
#define MEMBER(name, tags)								\
LOOKUP(name, MAP_TYPE_BLOOM_FILTER, 0, BPF_F_ZERO_SEED, tags __needs("bloom_filter")	\
       __xlated("call+1"))								\
{											\
	__u64 value = map_lookup_key(i, entries);					\
											\
	return value - (int)bpf_map_peek_elem(&name##_map, &value);			\
}

MEMBER(bloom_filter, __bench("membership of a member of a full BLOOM_FILTER, 8-byte values"))
MEMBER(bloom_filter_miss, __bench("membership of others than the members of a full BLOOM_FILTER"))

BENCH(global, __bench("load of an element of an array in global data") __baseline("empty") ENTRIES
	      __xlated("load+1"))
{
	return lookup_data[map_lookup_key(i, entries) % MAP_LOOKUP_DATA];
}

MAP_DEF(arena_map, MAP_TYPE_ARENA, 0, 0, BPF_F_MMAPABLE);

BENCH(arena, __bench("load of an element of an array in an arena") __baseline("empty") ENTRIES
	     __needs("arena") __xlated("load+1"))
{
	const __u64 n = entries;
	register __u64 p asm("r1") = MAP_ARENA_ADDRESS + map_lookup_key(i, n) * 8ull;

	MAP_ARENA_POINTER(p, arena_map, n == ~0ull);
	return *(__u64 *)p;
}

/* The task or cgroup is the current one, looked up once a batch. */
#define TASK_STORAGE(name, create, otherwise, tags)					\
STORAGE_DEF(name##_map, MAP_TYPE_TASK_STORAGE);						\
BENCH_WITH(name, tags __baseline("empty") ENTRIES __needs("task_storage")		\
		 __xlated("call+1"), struct task_struct *, bpf_get_current_task_btf())	\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u64 *value = bpf_task_storage_get(&name##_map, ctx, &storage_value, create);	\
											\
	return key + (value ? *value : (otherwise));					\
}

TASK_STORAGE(task_storage, STORAGE_CREATE, 0, __bench("this task's element of a TASK_STORAGE"))
TASK_STORAGE(task_storage_miss, 0, key, __bench("an element this task has not in a TASK_STORAGE"))

#define CGRP_STORAGE(name, create, otherwise, tags)					\
STORAGE_DEF(name##_map, MAP_TYPE_CGRP_STORAGE);						\
BENCH_WITH(name, tags __baseline("empty") ENTRIES __needs("cgrp_storage")		\
		 __xlated("call+1"), struct cgroup *,					\
	   __relocated(bpf_get_current_task_btf()->cgroups->dfl_cgrp))			\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u64 *value = bpf_cgrp_storage_get(&name##_map, ctx, &storage_value, create);	\
											\
	return key + (value ? *value : (otherwise));					\
}

CGRP_STORAGE(cgrp_storage, STORAGE_CREATE, 0,
	     __bench("the current cgroup's element of a CGRP_STORAGE"))
CGRP_STORAGE(cgrp_storage_miss, 0, key,
	     __bench("an element the current cgroup has not in a CGRP_STORAGE"))

BENCH_TC(packet_socket, __bench("the loop, the key and the packet's socket in a tc program")
			ENTRIES)
{
	__u32 key = map_lookup_key(i, entries);
	struct bpf_sock *sk = ctx->sk;

	if (!sk)
		return key;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return key;
	bench_hide(key);
	return key;
}

/* The socket lives as long as a test run: each batch creates its storage anew, once. */
#define SK_STORAGE(name, create, otherwise, tags)					\
STORAGE_DEF(name##_map, BPF_MAP_TYPE_SK_STORAGE);					\
BENCH_TC(name, tags __baseline("packet_socket") ENTRIES __needs("sk_storage")		\
	       __xlated("call+1"))							\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	struct bpf_sock *sk = ctx->sk;							\
	__u64 *value;									\
											\
	if (!sk)									\
		return key;								\
	sk = bpf_sk_fullsock(sk);							\
	if (!sk)									\
		return key;								\
	value = bpf_sk_storage_get(&name##_map, sk, &storage_value, create);		\
	return key + (value ? *value : (otherwise));					\
}

SK_STORAGE(sk_storage, STORAGE_CREATE, 0,
	   __bench("a packet's socket's element of an SK_STORAGE, in a tc program"))
SK_STORAGE(sk_storage_miss, 0, key,
	   __bench("an element a packet's socket has not in an SK_STORAGE, in a tc program"))

/*
 * Only LSM programs may look an inode's storage up: this one is run by flock(), whose file the
 * program has. It is attached for all processes, but another's flock() finds no work in bench_args.
 */
#define BENCH_FILE_LOCK(name, tags)							\
	BENCH_PROG_WITH(name, tags ENTRIES __driver("attach") __needs("bpf_loop")	\
			__needs("lsm") __needs("inode_storage"), "?lsm/file_lock",	\
			unsigned long long *, bench_args, struct inode *,		\
			__relocated(((struct file *)ctx[0])->f_inode))

BENCH_FILE_LOCK(file_lock, __bench("the loop and the key, in an LSM program of flock()"))
{
	__u32 key = map_lookup_key(i, entries);

	bench_hide(key);
	return key;
}

#define INODE_STORAGE(name, create, otherwise, tags)					\
STORAGE_DEF(name##_map, BPF_MAP_TYPE_INODE_STORAGE);					\
BENCH_FILE_LOCK(name, tags __baseline("file_lock") __xlated("call+1"))			\
{											\
	__u32 key = map_lookup_key(i, entries);						\
	__u64 *value = bpf_inode_storage_get(&name##_map, ctx, &storage_value, create);	\
											\
	return key + (value ? *value : (otherwise));					\
}

INODE_STORAGE(inode_storage, STORAGE_CREATE, 0,
	      __bench("a file's inode's element of an INODE_STORAGE, in an LSM program"))
INODE_STORAGE(inode_storage_miss, 0, key,
	      __bench("an element a file's inode has not in an INODE_STORAGE"))
