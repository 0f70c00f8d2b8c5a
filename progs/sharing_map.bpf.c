// SPDX-License-Identifier: GPL-2.0-only
/*
 * When is a copy for each CPU worth it? Measured: one entry of 256 bytes looked up and written, in
 * an ARRAY that all CPUs share and in a PERCPU_ARRAY, by several CPUs at the same time, each in a
 * random order of its own; per entry written by one CPU. repeat=1 writes another entry every time
 * (the "10x1" of the paper: ten entries once), repeat=10 each entry ten times in a row ("1x10").
 * Not measured: readers, adding the copies up. The order goes on from batch to batch, so that all
 * of a large map is gone through, however short a batch is. Bias: the stores are to 32 words in a
 * row, of which a CPU overlaps many; entries of an ARRAY are not aligned to lines, so neighbours
 * share one.
 */
#include "bench.bpf.h"
#include "sharing_map.h"

const volatile __u64 entries = 1, repeat = 1, cpus = 1;

/* Writes of each CPU so far. */
volatile __u64 cursors[SHARING_MAP_CPUS * CURSOR_STRIDE] __attribute__((aligned(128)));
volatile __u64 epoch;

#define MAP(name, map_type)			\
struct {					\
	__uint(type, map_type);			\
	__uint(max_entries, 1);			\
	__type(key, __u32);			\
	__type(value, __u64[SHARING_MAP_WORDS]);	\
} name SEC(".maps")

MAP(array_map, BPF_MAP_TYPE_ARRAY);
MAP(percpu_array_map, BPF_MAP_TYPE_PERCPU_ARRAY);

#define REPEATS __param("repeat", "1,10")
#define CPUS __param("cpus", "1,2,4") __workers("cpus")

/* The number of this write; the key it goes to in *key. */
static __always_inline __u64 next_write(__u32 worker, __u32 *key)
{
	const __u64 r = repeat, nr = entries;
	volatile __u64 *cursor = &cursors[(worker & (SHARING_MAP_CPUS - 1)) * CURSOR_STRIDE];
	__u64 n = *cursor;

	*cursor = n + 1;
	*key = sharing_map_key(r == 10 ? sharing_map_tenth(n) : n, worker, nr);
	return n;
}

BENCH(empty, __bench("the choice of an entry, several CPUs at once") REPEATS CPUS)
{
	__u32 key;
	__u64 n = next_write(worker, &key);

	bench_hide(n);
	bench_hide(key);
	return i;
}

#define WRITE(map)								\
{										\
	__u32 key;								\
	__u64 stamp, n = next_write(worker, &key);				\
	volatile __u64 *entry = bpf_map_lookup_elem(&map, &key);		\
										\
	stamp = sharing_map_stamp(n, worker, epoch);				\
	if (entry) {								\
		_Pragma("unroll")						\
		for (int k = 0; k < SHARING_MAP_WORDS; k++)			\
			entry[k] = stamp;					\
	}									\
	return i;								\
}

#define SIZES __param("entries", "1,64,1024,65536")

BENCH(array, __bench("an entry of an ARRAY looked up and written")
	     SIZES REPEATS CPUS __baseline("empty") __xlated("store+32"))
WRITE(array_map)

BENCH(percpu_array, __bench("an entry of a PERCPU_ARRAY looked up and written")
		    SIZES REPEATS CPUS __baseline("empty") __xlated("store+32"))
WRITE(percpu_array_map)
