// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bench_family.h"
#include "map_content.h"
#include "map_lookup.skel.h"
#include "../progs/map_def.bpf.h"
#include "../progs/map_lookup.h"

/* A bloom filter of 5 hashes takes 1 in 50 for a member that is none; 1 in 20 would be broken. */
#define MAX_FALSE_MEMBERS 20

static bool has_word(const struct bench_run *r, const char *word)
{
	return strstr(r->bench->name, word);
}

static bool is_outer(const struct bench_run *r)
{
	return has_word(r, "_of_maps");
}

static bool is_storage(const struct bench_run *r)
{
	return has_word(r, "_storage");
}

/* Misses look for elements 0 ... entries - 1 in a map that holds those behind. */
static struct map_range range_of(const struct bench_run *r)
{
	uint32_t entries = bench_run_param(r, "entries");

	return (struct map_range){ .first = has_word(r, "_miss") ? entries : 0, .nr = entries,
				   .prefix = bench_run_param(r, "prefix") };
}

static int prepare(struct bench_run *r)
{
	struct bpf_map *map = map_of_case(r);
	uint32_t entries = bench_run_param(r, "entries");

	if (!map || is_storage(r))
		return 0;
	return map_set_size(r, map, is_outer(r) ? entries / MAP_LOOKUP_INNER : entries);
}

static uint64_t value(uint32_t key)
{
	return map_lookup_value(key);
}

/* Inner map @k has its part of the elements, from 0 again. */
static int fill_inner(struct bench_run *r, int fd, uint32_t k)
{
	uint32_t j;
	int err = 0;

	for (j = 0; j < MAP_LOOKUP_INNER && !err; j++) {
		uint64_t v = value(k * MAP_LOOKUP_INNER + j);

		err = bpf_map_update_elem(fd, &j, &v, BPF_ANY);
	}
	return err ? bench_fail(r, err, "cannot fill inner map %u: %s", k, strerror(-err)) : 0;
}

/* All inner maps in one system call, which waits for RCU once (since 6.8; once for each before). */
static int fill_outer(struct bench_run *r, struct bpf_map *map)
{
	enum { MAX_OUTER = 64 };
	struct map_range range = range_of(r);
	uint32_t keys[MAX_OUTER], i, nr = range.nr / MAP_LOOKUP_INNER;
	int fds[MAX_OUTER], err = 0;
	uint32_t made = 0;

	if (nr > MAX_OUTER)
		return bench_fail(r, -EINVAL, "more than %d inner maps", MAX_OUTER);
	for (i = 0; i < nr && !err; i++) {
		keys[i] = range.first / MAP_LOOKUP_INNER + i;
		fds[i] = bpf_map_create(BPF_MAP_TYPE_ARRAY, "inner", 4, 8, MAP_LOOKUP_INNER, NULL);
		if (fds[i] < 0)
			err = bench_fail(r, fds[i], "cannot create inner map %u: %s", i,
					 strerror(-fds[i]));
		else
			err = fill_inner(r, fds[made++], keys[i]);
	}
	/* Maps of maps take batches since 5.17 (9263dddc7b6f). */
	if (!err)
		err = bpf_map_update_batch(bpf_map__fd(map), keys, fds, &nr, NULL);
	if (err && !r->err[0])
		bench_fail(r, err, "cannot fill %s: %s", bpf_map__name(map), strerror(-err));
	for (i = 0; i < made; i++)
		close(fds[i]);
	return err;
}

static uint32_t key_of(const struct bench_run *r, uint64_t i)
{
	return map_lookup_key(i, bench_run_param(r, "entries"));
}

/* Baselines, misses of maps, and storages that could not be created. */
static uint64_t expect_key(const struct bench_run *r, uint64_t i)
{
	return key_of(r, i);
}

static uint64_t expect_key_twice(const struct bench_run *r, uint64_t i)
{
	return 2 * (uint64_t)key_of(r, i);
}

static uint64_t expect_storage(const struct bench_run *r, uint64_t i)
{
	return key_of(r, i) + STORAGE_VALUE;
}

static uint64_t expect_first(const struct bench_run *r, uint64_t i)
{
	return key_of(r, i) + value(0);
}

static uint64_t expect_last(const struct bench_run *r, uint64_t i)
{
	return key_of(r, i) + value(bench_run_param(r, "entries") - 1);
}

static uint64_t expect_value(const struct bench_run *r, uint64_t i)
{
	return value(key_of(r, i));
}

static uint64_t expect_lines(const struct bench_run *r, uint64_t i)
{
	uint64_t bytes = bench_run_param(r, "bytes"), sum = value(key_of(r, i)), line;

	for (line = 1; line < bytes / 64; line++)
		sum += line * 8;
	return sum;
}

/* Once a verification: finding the case's map takes 50 times as long as a key. */
static uint64_t (*expectation(const struct bench_run *r))(const struct bench_run *r, uint64_t i)
{
	if (!map_of_case(r) && !has_word(r, "global"))
		return expect_key;
	if (is_storage(r))
		return has_word(r, "_miss") ? expect_key_twice : expect_storage;
	if (has_word(r, "_miss"))
		return expect_key;
	if (has_word(r, "queue"))
		return expect_first;
	if (has_word(r, "stack"))
		return expect_last;
	return has_word(r, "_value") ? expect_lines : expect_value;
}

/* The LSM program is attached, to a file of its own: runs hold its descriptor. */
static int attach_file_lock(struct bench_run *r)
{
	struct map_lookup *skel = r->skel;
	struct bpf_link *link = bpf_program__attach(r->prog);

	if (!link)
		return bench_fail(r, -errno, "%s does not attach: %s", r->bench->id,
				  strerror(errno));
	if (!strcmp(r->bench->name, "file_lock"))
		skel->links.file_lock = link;
	else if (has_word(r, "_miss"))
		skel->links.inode_storage_miss = link;
	else
		skel->links.inode_storage = link;
	return 0;
}

/* One flock() is one batch; the program has the clock. */
static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct map_lookup *skel = r->skel;
	struct bench_state *st = &r->states[0];
	int fd = memfd_create("bench", MFD_CLOEXEC), err;

	if (fd < 0)
		return bench_fail(r, -errno, "cannot create a file: %s", strerror(errno));
	skel->bss->bench_args[BENCH_ARG_CHUNKS] = 1;
	err = flock(fd, LOCK_UN);	/* creates the storage */
	st->done = 0;
	skel->bss->bench_args[BENCH_ARG_CHUNKS] = ops / BENCH_CHUNK;
	err = err ?: flock(fd, LOCK_UN);
	skel->bss->bench_args[BENCH_ARG_CHUNKS] = 0;
	close(fd);
	if (err)
		return bench_fail(r, -errno, "flock() failed: %s", strerror(errno));
	if (!st->done)
		return bench_fail(r, -EOPNOTSUPP,
				  "the BPF LSM is not active (boot parameter lsm=)");
	b->done = st->done;
	b->elapsed = st->end - st->start;
	return 0;
}

static int setup(struct bench_run *r)
{
	struct map_lookup *skel = r->skel;
	struct bpf_map *map = map_of_case(r);
	struct map_range range = range_of(r);
	uint32_t k;

	for (k = 0; k < MAP_LOOKUP_DATA; k++)
		skel->bss->lookup_data[k] = value(k);
	if (r->bench->driver == DRIVER_ATTACH)
		return attach_file_lock(r);
	if (!map || is_storage(r))
		return 0;
	if (is_outer(r))
		return fill_outer(r, map);
	if (bpf_map__type(map) == MAP_TYPE_ARENA)
		return map_fill_arena(r, map, value);
	return map_fill(r, map, &range, value);
}

/*
 * Members are values 1 ... entries: the filter is told the values, not the keys. A miss returns 2
 * more than its key: what false members take off from that is their number, twice.
 */
static int verify_bloom(struct bench_run *r)
{
	const uint32_t entries = bench_run_param(r, "entries");
	uint64_t i, keys = 0, others = 0, false_members, sum = r->states[0].sink;

	for (i = 0; i < r->ops; i++) {
		uint32_t key = map_lookup_key(i, entries);

		keys += key;
		others += has_word(r, "_miss") || !key;
	}
	if (sum < keys || sum > keys + 2 * others)
		return bench_fail(r, -EBADMSG, "a member was not found");
	false_members = others - (sum - keys) / 2;
	if (has_word(r, "_miss") && false_members > r->ops / MAX_FALSE_MEMBERS)
		return bench_fail(r, -EBADMSG, "%llu of %llu were taken for members",
				  (unsigned long long)false_members, (unsigned long long)r->ops);
	return 0;
}

static int verify(struct bench_run *r)
{
	int err;

	if (has_word(r, "bloom"))
		return verify_bloom(r);
	err = bench_verify_sum(r, expectation(r));
	if (err && is_storage(r) && !bench_verify_sum(r, expect_key))
		return map_no_storage(r, err);
	return err;
}

BENCH_FAMILY(map_lookup, .prepare = prepare, .setup = setup, .run = run, .verify = verify,
	     .unload = map_unmap_arena);
