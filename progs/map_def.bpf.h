/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps of the map_* families, and what vmlinux.h of an older kernel does not declare. Sizes are
 * those of most cases; prog_tests/ sets others before the map is created, which a BTF type of the
 * key or value would forbid.
 */
#ifndef MAP_DEF_BPF_H
#define MAP_DEF_BPF_H

/* enum bpf_map_type */
#define MAP_TYPE_TASK_STORAGE	29
#define MAP_TYPE_BLOOM_FILTER	30
#define MAP_TYPE_CGRP_STORAGE	32
#define MAP_TYPE_ARENA		33

#define MAP_DEF(name, map_type, key_sz, value_sz, flags)	\
struct {							\
	__uint(type, map_type);					\
	__uint(map_flags, flags);				\
	__uint(max_entries, 1);					\
	__uint(key_size, key_sz);				\
	__uint(value_size, value_sz);				\
} name SEC(".maps")

/* Their memory comes with the first use; the kernel wants the BTF of key and value. */
#define STORAGE_DEF(name, map_type)				\
struct {							\
	__uint(type, map_type);					\
	__uint(map_flags, BPF_F_NO_PREALLOC);			\
	__type(key, int);					\
	__type(value, __u64);					\
} name SEC(".maps")

/* What a local storage is created with; in data, so that passing it is one instruction. */
#define STORAGE_VALUE 7
#define STORAGE_CREATE 1	/* BPF_LOCAL_STORAGE_GET_F_CREATE */

/* A 16-byte key: two IPv4 addresses, two ports, and what pads them. */
struct map_wide_key {
	__u32 words[4];
};

/* The kernel's struct bpf_lpm_trie_key of an IPv4 address. */
struct map_lpm_key {
	__u32 prefixlen;
	__u32 address;
};

/*
 * An arena (6.9) lies at this address of the process, so that no program must load it. Pointers
 * into it become the kernel's by an instruction that clang 14 does not know, r1 = addr_space_cast(
 * r1, 0, 1), which the verifier takes only in a program that names the arena.
 */
#define MAP_ARENA_ADDRESS (1ull << 44)

#define MAP_ARENA_POINTER(p, map, is_never)					\
	do {									\
		asm volatile(".8byte 0x00000001000111bf" : "+r"(p));		\
		if (is_never)							\
			asm volatile("" :: "r"(&map));				\
	} while (0)

#endif
