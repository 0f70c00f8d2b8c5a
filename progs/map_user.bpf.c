// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does a map access from user space cost? Measured: one operation on a full map with 4-byte
 * keys and 8-byte values, system call included: one call an element, or one for all elements
 * (`_batch`); per-CPU maps give and take the values of all possible CPUs. An element of a mapped
 * array, each read waiting for the one before. One 64-byte record out of a ring or perf buffer that
 * holds as many as a batch, by libbpf's consumer, whose callback looks at each word. All check what
 * they got; `loop` has the loop, the key and such a check.
 *
 * Not measured: contention with programs, sleeping and being woken (map_comm has both), a map that
 * exceeds the caches (map_footprint).
 *
 * Bias: keys come in rising order. Batches are of the whole map, which spreads the call over 256
 * elements. What is deleted is put back, and records are produced, outside the clock. An LRU map is
 * half full: it evicts before it is full.
 */
#include "bench.bpf.h"
#include "map_user.h"
#include "record.bpf.h"

#define USER(name, map_type, flags, entries, tags)			\
struct {								\
	__uint(type, map_type);						\
	__uint(map_flags, flags);					\
	__uint(max_entries, entries);					\
	__type(key, __u32);						\
	__type(value, __u64);						\
} name##_map SEC(".maps");						\
BENCH_USER(name, tags __baseline("loop"))

#define ARRAY(name, tags)						\
	USER(name, BPF_MAP_TYPE_ARRAY, 0, USER_ENTRIES, tags)
#define HASH(name, tags)						\
	USER(name, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED, USER_ENTRIES, tags)
#define LRU_HASH(name, tags)						\
	USER(name, BPF_MAP_TYPE_LRU_HASH, BPF_F_ZERO_SEED, 2 * USER_ENTRIES, tags)
#define PERCPU_ARRAY(name, tags)					\
	USER(name, BPF_MAP_TYPE_PERCPU_ARRAY, 0, USER_ENTRIES, tags)
#define PERCPU_HASH(name, tags)						\
	USER(name, BPF_MAP_TYPE_PERCPU_HASH, BPF_F_ZERO_SEED, USER_ENTRIES, tags)

BENCH_USER(loop, __bench("the loop, the key and the check of a value"))

ARRAY(lookup_array, __bench("lookup in an ARRAY by system call"))
HASH(lookup_hash, __bench("lookup in a HASH by system call"))
LRU_HASH(lookup_lru_hash, __bench("lookup in an LRU_HASH by system call"))
PERCPU_ARRAY(lookup_percpu_array,
	     __bench("lookup of all CPUs' values in a PERCPU_ARRAY by system call"))
PERCPU_HASH(lookup_percpu_hash,
	    __bench("lookup of all CPUs' values in a PERCPU_HASH by system call"))

ARRAY(update_array, __bench("update of an ARRAY by system call"))
HASH(update_hash, __bench("update of what is there in a HASH by system call"))
LRU_HASH(update_lru_hash, __bench("update of what is there in an LRU_HASH by system call"))
PERCPU_ARRAY(update_percpu_array,
	     __bench("update of all CPUs' values in a PERCPU_ARRAY by system call"))
PERCPU_HASH(update_percpu_hash,
	    __bench("update of all CPUs' values in a PERCPU_HASH by system call"))

HASH(delete_hash, __bench("delete from a HASH by system call"))
LRU_HASH(delete_lru_hash, __bench("delete from an LRU_HASH by system call"))
PERCPU_HASH(delete_percpu_hash, __bench("delete from a PERCPU_HASH by system call"))

/* All elements in a system call, and no fewer in a batch. */
#define WHOLE(name, map_type, flags, text)				\
	USER(name, map_type, flags, USER_BATCH_ENTRIES,			\
	     __bench(text ", 256 in a system call") __batch("256"))

WHOLE(lookup_batch_array, BPF_MAP_TYPE_ARRAY, 0, "lookup in an ARRAY")
WHOLE(lookup_batch_hash, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED, "lookup in a HASH")
WHOLE(lookup_batch_percpu_array, BPF_MAP_TYPE_PERCPU_ARRAY, 0,
      "lookup of all CPUs' values in a PERCPU_ARRAY")
WHOLE(lookup_batch_percpu_hash, BPF_MAP_TYPE_PERCPU_HASH, BPF_F_ZERO_SEED,
      "lookup of all CPUs' values in a PERCPU_HASH")
WHOLE(update_batch_array, BPF_MAP_TYPE_ARRAY, 0, "update of an ARRAY")
WHOLE(update_batch_hash, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED,
      "update of what is there in a HASH")
WHOLE(update_batch_percpu_array, BPF_MAP_TYPE_PERCPU_ARRAY, 0,
      "update of all CPUs' values in a PERCPU_ARRAY")
WHOLE(update_batch_percpu_hash, BPF_MAP_TYPE_PERCPU_HASH, BPF_F_ZERO_SEED,
      "update of all CPUs' values in a PERCPU_HASH")

USER(mmap_array, BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE, USER_ENTRIES,
     __bench("read of an element of a memory-mapped ARRAY"))

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, USER_RING_SZ);
} ringbuf_map SEC(".maps");

BENCH_USER(ringbuf, __bench("a record out of a ring buffer") __baseline("loop") __needs("ringbuf")
	   __needs("bpf_loop"))

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perfbuf_map SEC(".maps");

BENCH_USER(perfbuf, __bench("a record out of a perf buffer") __baseline("loop")
	   __needs("bpf_loop"))

RECORD_PRODUCER(produce_ringbuf)
{
	return record_to_ringbuf(&ringbuf_map, nr, BPF_RB_NO_WAKEUP);
}

RECORD_PRODUCER(produce_perfbuf)
{
	return record_to_perfbuf(ctx, &perfbuf_map, nr);
}
