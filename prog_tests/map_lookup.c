// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include "bench_family.h"
#include "map_lookup.skel.h"
#include "../progs/map_lookup.h"

/* NULL for the baseline, which has no map. */
static struct bpf_map *map_of(const struct bench_run *r)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_map", r->bench->name);
	return bpf_object__find_map_by_name(r->obj, name);
}

static int prepare(struct bench_run *r)
{
	struct bpf_map *map = map_of(r);
	uint32_t entries = bench_run_param(r, "entries");

	if (!map)
		return 0;
	/* An LRU map evicts before it is full: each CPU keeps free elements for itself. */
	if (bpf_map__type(map) == BPF_MAP_TYPE_LRU_HASH)
		entries *= 2;
	return bpf_map__set_max_entries(map, entries);
}

static uint64_t value(uint32_t key)
{
	return map_lookup_value(key);
}

static int setup(struct bench_run *r)
{
	struct bpf_map *map = map_of(r);

	return map ? bench_fill_map(r, map, bench_run_param(r, "entries"), value) : 0;
}

static uint64_t expect(const struct bench_run *r, uint64_t i)
{
	uint32_t key = map_lookup_key(i, bench_run_param(r, "entries"));

	return strcmp(r->bench->name, "empty") ? map_lookup_value(key) : key;
}

static int verify(struct bench_run *r)
{
	return bench_verify_sum(r, expect);
}

BENCH_FAMILY(map_lookup, .prepare = prepare, .setup = setup, .verify = verify);
