// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "map_content.h"
#include "map_delete.skel.h"
#include "../progs/map_def.bpf.h"
#include "../progs/map_lookup.h"

static bool has_word(const struct bench_run *r, const char *word)
{
	return strstr(r->bench->name, word);
}

static bool is_list(const struct bench_run *r)
{
	return has_word(r, "queue") || has_word(r, "stack");
}

static bool is_storage(const struct bench_run *r)
{
	return has_word(r, "_storage");
}

/* Pairs and misses have other elements in their map than those they work on. */
static struct map_range range_of(const struct bench_run *r)
{
	uint32_t entries = bench_run_param(r, "entries");
	bool has_others = has_word(r, "_pair") || has_word(r, "_miss");

	return (struct map_range){ .first = has_others ? entries : 0, .nr = entries };
}

/*
 * A pair needs room for one element more than its map holds. A ring has one element more than it
 * takes: `entries` of them, so that each batch goes round as often.
 */
static int prepare(struct bench_run *r)
{
	struct bpf_map *map = map_of_case(r);
	uint32_t entries = bench_run_param(r, "entries");

	if (!map || is_storage(r))
		return 0;
	if (!has_word(r, "_pair"))
		return map_set_size(r, map, entries);
	return map_set_size(r, map, is_list(r) ? entries - 1 : entries * 2);
}

static uint64_t value(uint32_t k)
{
	return map_lookup_value(k);
}

static int reset(struct bench_run *r)
{
	struct bpf_map *map = map_of_case(r);
	struct map_range range = range_of(r);

	return map ? map_fill(r, map, &range, value) : 0;
}

static int setup(struct bench_run *r)
{
	bool starts_empty = is_storage(r) || is_list(r) || r->bench->driver == DRIVER_ATTACH;

	return starts_empty ? 0 : reset(r);
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	return map_run_refilled(r, ops, bench_run_param(r, "entries"), reset, b);
}

static uint64_t expect(const struct bench_run *r, uint64_t i)
{
	uint64_t entries = bench_run_param(r, "entries");
	uint32_t key = map_lookup_key(i, entries);

	if (is_storage(r))
		return STORAGE_VALUE;
	if (has_word(r, "_miss"))
		return key + ENOENT;
	/* Every element is popped once: the order does not matter to the sum. */
	if (is_list(r) && !has_word(r, "_pair"))
		return key + value(i % entries);
	return key;
}

/* None is left of those that the operations were about. */
static int check_gone(struct bench_run *r, struct bpf_map *map)
{
	struct map_range range = { .nr = bench_run_param(r, "entries") };
	uint64_t *want, got;
	int err;

	if (is_list(r)) {
		err = bpf_map_lookup_elem(bpf_map__fd(map), NULL, &got);
		return err == -ENOENT ? 0 : bench_fail(r, -EBADMSG, "%s is not empty",
						       bpf_map__name(map));
	}
	want = calloc(range.nr, sizeof(*want));
	err = want ? map_check(r, map, &range, want) : -ENOMEM;
	free(want);
	return err;
}

static int verify(struct bench_run *r)
{
	struct bpf_map *map = map_of_case(r);
	int err = bench_verify_sum(r, expect);

	if (is_storage(r))
		return err ? map_no_storage(r, err) : 0;
	return err ?: map ? check_gone(r, map) : 0;
}

BENCH_FAMILY(map_delete, .prepare = prepare, .setup = setup, .run = run, .verify = verify);
