// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "map_content.h"
#include "map_update.skel.h"
#include "../progs/map_def.bpf.h"
#include "../progs/map_lookup.h"

static bool has_word(const struct bench_run *r, const char *word)
{
	return strstr(r->bench->name, word);
}

static bool is_list(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_QUEUE || bpf_map__type(map) == BPF_MAP_TYPE_STACK;
}

/* What is to be evicted first are no keys of the case. */
static struct map_range range_of(const struct bench_run *r)
{
	uint32_t entries = bench_run_param(r, "entries");

	return (struct map_range){ .first = has_word(r, "_evict") ? entries * MAP_LOOKUP_EVICT : 0,
				   .nr = entries };
}

static int prepare(struct bench_run *r)
{
	struct bpf_map *map = map_of_case(r);
	uint32_t entries = bench_run_param(r, "entries");

	if (!map)
		return 0;
	return has_word(r, "_evict") ? bpf_map__set_max_entries(map, entries) :
				       map_set_size(r, map, entries);
}

static uint64_t value(uint32_t k)
{
	return k + 1;
}

static int setup(struct bench_run *r)
{
	struct map_update *skel = r->skel;
	struct map_range range = range_of(r);
	struct bpf_map *map = map_of_case(r);
	uint32_t j;

	for (j = 0; j < MAP_LOOKUP_WORDS; j++)
		skel->bss->update_source.words[j] = j;
	/* Inserted into: empty. */
	if (!map || r->bench->driver == DRIVER_ATTACH)
		return 0;
	if (bpf_map__type(map) == MAP_TYPE_ARENA)
		return map_fill_arena(r, map, value);
	return map_fill(r, map, &range, value);
}

static int reset(struct bench_run *r)
{
	struct bpf_map *map = map_of_case(r);
	struct map_range range = range_of(r);

	return map ? map_empty(r, map, &range) : 0;
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	return map_run_refilled(r, ops, bench_run_param(r, "entries"), reset, b);
}

static uint64_t expect(const struct bench_run *r, uint64_t i)
{
	uint64_t entries = bench_run_param(r, "entries");

	return map_lookup_key(i, has_word(r, "_evict") ? entries * MAP_LOOKUP_EVICT : entries);
}

/* What the last of the batch's operations left, and none of before. */
static int check_list(struct bench_run *r, struct bpf_map *map)
{
	const uint32_t entries = bench_run_param(r, "entries");
	uint64_t i, want, got, last = has_word(r, "_full") ? r->ops : entries;
	struct map_range range = range_of(r);
	int err;

	for (i = 0; i < entries; i++) {
		err = bpf_map_lookup_and_delete_elem(bpf_map__fd(map), NULL, &got);
		want = has_word(r, "stack") ? last - i : last - entries + i + 1;
		if (err || got != want)
			return bench_fail(r, -EBADMSG, "element %llu of %s is %llu, not %llu (%s)",
					  (unsigned long long)i, bpf_map__name(map),
					  (unsigned long long)got, (unsigned long long)want,
					  strerror(-err));
	}
	return has_word(r, "_full") ? map_fill(r, map, &range, value) : 0;
}

/* The last key has its value, the first has gone. */
static int check_evict(struct bench_run *r, struct bpf_map *map)
{
	uint32_t first = expect(r, 0), last = expect(r, r->ops - 1);
	uint64_t got = 0;
	int err = bpf_map_lookup_elem(bpf_map__fd(map), &first, &got);

	if (err != -ENOENT)
		return bench_fail(r, -EBADMSG, "the oldest element was not evicted");
	err = bpf_map_lookup_elem(bpf_map__fd(map), &last, &got);
	if (err || got != r->ops)
		return bench_fail(r, -EBADMSG, "the newest element is not there");
	return 0;
}

/* Each element has what the last operation on its key wrote. */
static int check_elements(struct bench_run *r, struct bpf_map *map)
{
	const uint32_t entries = bench_run_param(r, "entries");
	uint64_t *want = calloc(entries, sizeof(*want)), i, first;
	const __u64 *words = ((struct map_update *)r->skel)->bss->update_data;
	struct map_range range = range_of(r);
	int err = 0;

	if (!want)
		return -ENOMEM;
	first = r->bench->driver == DRIVER_ATTACH ? 0 : r->ops - entries;
	for (i = first; i < first + entries; i++)
		want[map_lookup_key(i, entries)] = i + 1;
	if (map && bpf_map__type(map) != MAP_TYPE_ARENA) {
		err = map_check(r, map, &range, want);
	} else {
		words = map ? (const __u64 *)MAP_ARENA_ADDRESS : words;
		for (i = 0; i < entries && !err; i++)
			if (words[i] != want[i])
				err = bench_fail(r, -EBADMSG, "element %llu was not stored",
						 (unsigned long long)i);
	}
	free(want);
	return err;
}

static int verify(struct bench_run *r)
{
	struct bpf_map *map = map_of_case(r);
	int err = bench_verify_sum(r, expect);

	if (err || has_word(r, "bloom") || has_word(r, "empty"))
		return err;
	if (has_word(r, "_evict"))
		return check_evict(r, map);
	return map && is_list(map) ? check_list(r, map) : check_elements(r, map);
}

BENCH_FAMILY(map_update, .prepare = prepare, .setup = setup, .run = run, .verify = verify,
	     .unload = map_unmap_arena);
