/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The content of maps of any type and size, for the map_* families. Element k of a map has
 *
 *	key	k in the first 4 bytes, zeros behind; LPM tries: an IPv4 prefix of address k;
 *		queues, stacks and bloom filters have none
 *	value	the first word is value(k), the j-th of others j; per-CPU maps: on each CPU
 */
#ifndef BENCH_MAP_CONTENT_H
#define BENCH_MAP_CONTENT_H

#include "bench_family.h"

/* Elements first ... first + nr - 1. */
struct map_range {
	uint32_t first, nr;
	uint32_t prefix;	/* LPM tries: bits; 0: a whole address */
};

/* The map <case>_map; NULL if the case has none. */
struct bpf_map *map_of_case(const struct bench_run *r);
bool map_is_percpu(const struct bpf_map *map);
bool map_is_lru(const struct bpf_map *map);
/*
 * Before loading: room for @entries, key (cases called _key) or value of the case's parameter
 * `bytes`. An LRU map evicts before it is full, because each CPU keeps free elements for itself: it
 * gets twice the room.
 */
int map_set_size(struct bench_run *r, struct bpf_map *map, uint32_t entries);
/* Puts in or replaces them; a queue or stack gets them in this order. */
int map_fill(struct bench_run *r, struct bpf_map *map, const struct map_range *range,
	     uint64_t (*value)(uint32_t k));
/* Takes them out; a map that holds none of them is no error. Queues and stacks: all. */
int map_empty(struct bench_run *r, struct bpf_map *map, const struct map_range *range);
/*
 * Each of them has the value @want[k - first] and what belongs behind it, or, where that is 0, is
 * not there. Per-CPU maps: on CPU r->cpu. Not for queues, stacks and bloom filters.
 */
int map_check(struct bench_run *r, struct bpf_map *map, const struct map_range *range,
	      const uint64_t *want);
/* Maps an arena at its address and writes the values of its case's `entries` there. */
int map_fill_arena(struct bench_run *r, struct bpf_map *map, uint64_t (*value)(uint32_t k));
/* Takes that of the case away, if it has one. */
void map_unmap_arena(struct bench_run *r);
/* @err of a storage that was not created; a SKIP if this machine's kernel cannot. */
int map_no_storage(struct bench_run *r, int err);
/*
 * A batch of @ops operations of a program with a loop, @per at a time, for a family whose
 * operations cannot be repeated as they are: @reset comes, untimed, in front of each. b->elapsed is
 * the loops' time by their own clock; states[0].sink is all of their sum, as bench_verify_sum()
 * wants it.
 */
int map_run_refilled(struct bench_run *r, uint64_t ops, uint64_t per,
		     int (*reset)(struct bench_run *r), struct bench_batch *b);

#endif
