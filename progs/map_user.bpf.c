// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does a map access from user space cost? Measured: one operation, system call included, on a
 * full map with 4-byte keys and 8-byte values. Not measured: contention with programs.
 */
#include "bench.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} lookup_array_map SEC(".maps");

BENCH_USER(lookup_array, __bench("lookup in an ARRAY by system call"))
