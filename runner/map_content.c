// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "feature.h"
#include "map_content.h"
#include "map_def.bpf.h"

/* The kernel's own ENOTSUPP, which has no name in user space. */
#define KERNEL_ENOTSUPP 524

struct bpf_map *map_of_case(const struct bench_run *r)
{
	char name[128];

	snprintf(name, sizeof(name), "%s_map", r->bench->name);
	return bpf_object__find_map_by_name(r->obj, name);
}

bool map_is_percpu(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return true;
	default:
		return false;
	}
}

bool map_is_lru(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_LRU_HASH ||
	       bpf_map__type(map) == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

int map_set_size(struct bench_run *r, struct bpf_map *map, uint32_t entries)
{
	uint32_t bytes = bench_run_param(r, "bytes");
	int err = 0;

	if (bpf_map__type(map) == MAP_TYPE_ARENA) {
		entries = (entries * sizeof(uint64_t) + getpagesize() - 1) / getpagesize();
		err = bpf_map__set_map_extra(map, MAP_ARENA_ADDRESS);
	}
	if (bytes && strstr(r->bench->name, "_key"))
		err = bpf_map__set_key_size(map, bytes);
	else if (bytes)
		err = bpf_map__set_value_size(map, bytes);
	return err ?: bpf_map__set_max_entries(map, map_is_lru(map) ? 2 * entries : entries);
}

/* The first touch of a page brings it into the arena. */
int map_fill_arena(struct bench_run *r, struct bpf_map *map, uint64_t (*value)(uint32_t k))
{
	uint64_t *at = (uint64_t *)MAP_ARENA_ADDRESS;
	uint32_t k, entries = bench_run_param(r, "entries");

	if (mmap(at, entries * sizeof(*at), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED_NOREPLACE, bpf_map__fd(map), 0) != at)
		return bench_fail(r, -errno, "cannot map the arena: %s", strerror(errno));
	for (k = 0; k < entries; k++)
		at[k] = value(k);
	return 0;
}

void map_unmap_arena(struct bench_run *r)
{
	struct bpf_map *map = map_of_case(r);

	if (map && bpf_map__type(map) == MAP_TYPE_ARENA)
		munmap((void *)MAP_ARENA_ADDRESS,
		       bench_run_param(r, "entries") * sizeof(uint64_t));
}

int map_no_storage(struct bench_run *r, int err)
{
	char why[192];

	if (err != -EBADMSG || feature_check("cmpxchg16b", why, sizeof(why)) != FEATURE_NO)
		return err;
	return bench_fail(r, -EOPNOTSUPP, "cannot be allocated: cmpxchg16b: %s", why);
}

static bool is_array(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY ||
	       bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY;
}

/* Bytes of an element's value in a system call: one value for each possible CPU. */
static size_t value_room(const struct bpf_map *map)
{
	return bpf_map__value_size(map) * (map_is_percpu(map) ? libbpf_num_possible_cpus() : 1);
}

static void write_key(const struct bpf_map *map, const struct map_range *range, uint32_t k,
		      void *key)
{
	uint32_t *words = key;

	memset(key, 0, bpf_map__key_size(map));
	if (bpf_map__type(map) != BPF_MAP_TYPE_LPM_TRIE) {
		words[0] = k;
		return;
	}
	words[0] = range->prefix ? range->prefix : 32;
	words[1] = k;
}

static void write_value(const struct bpf_map *map, uint64_t value, void *to)
{
	size_t i, words = bpf_map__value_size(map) / sizeof(uint64_t);
	uint64_t *v = to;

	for (i = 0; i < value_room(map) / sizeof(uint64_t); i++)
		v[i] = i % words ? i % words : value;
}

/* The keys of a range behind each other, as batches want them; to be freed. */
static char *make_keys(const struct bpf_map *map, const struct map_range *range)
{
	size_t key_sz = bpf_map__key_size(map);
	char *keys = calloc(range->nr, key_sz ? key_sz : 1);
	uint32_t i;

	for (i = 0; keys && key_sz && i < range->nr; i++)
		write_key(map, range, range->first + i, keys + i * key_sz);
	return keys;
}

static int fill_each(struct bpf_map *map, const char *keys, const char *values, uint32_t nr)
{
	size_t key_sz = bpf_map__key_size(map);
	int err = 0;
	uint32_t i;

	for (i = 0; i < nr && !err; i++)
		err = bpf_map_update_elem(bpf_map__fd(map), key_sz ? keys + i * key_sz : NULL,
					  values + i * value_room(map), BPF_ANY);
	return err;
}

/*
 * One system call for all where the map type allows it: 5.6 (aa2e93b8e58e), per-CPU arrays 5.13
 * (f008d732ab18).
 */
static int fill_all(struct bpf_map *map, const char *keys, const char *values, uint32_t nr)
{
	uint32_t count = nr;
	int err = -ENOTSUP;

	if (bpf_map__key_size(map))
		err = bpf_map_update_batch(bpf_map__fd(map), keys, values, &count, NULL);
	if (err == -ENOTSUP || err == -KERNEL_ENOTSUPP || err == -EINVAL)
		return fill_each(map, keys, values, nr);
	return err ?: count == nr ? 0 : -EIO;
}

int map_fill(struct bench_run *r, struct bpf_map *map, const struct map_range *range,
	     uint64_t (*value)(uint32_t k))
{
	size_t room = value_room(map);
	char *keys = make_keys(map, range), *values = calloc(range->nr, room);
	int err = -ENOMEM;
	uint32_t i;

	if (keys && values) {
		for (i = 0; i < range->nr; i++)
			write_value(map, value(range->first + i), values + i * room);
		err = fill_all(map, keys, values, range->nr);
	}
	free(keys);
	free(values);
	if (err)
		return bench_fail(r, err, "cannot fill %s with %u entries: %s",
				  bpf_map__name(map), range->nr, strerror(-err));
	return 0;
}

/* Takes one out of a queue or stack after the other. */
static int drain(struct bpf_map *map)
{
	uint64_t value;
	int err;

	do {
		err = bpf_map_lookup_and_delete_elem(bpf_map__fd(map), NULL, &value);
	} while (!err);
	return err == -ENOENT ? 0 : err;
}

static int delete_each(struct bpf_map *map, const char *keys, uint32_t nr)
{
	int err = 0;
	uint32_t i;

	for (i = 0; i < nr && (!err || err == -ENOENT); i++)
		err = bpf_map_delete_elem(bpf_map__fd(map), keys + i * bpf_map__key_size(map));
	return err == -ENOENT ? 0 : err;
}

int map_empty(struct bench_run *r, struct bpf_map *map, const struct map_range *range)
{
	uint32_t count = range->nr;
	char *keys = NULL;
	int err;

	if (!bpf_map__key_size(map)) {
		err = drain(map);
	} else {
		keys = make_keys(map, range);
		err = keys ? bpf_map_delete_batch(bpf_map__fd(map), keys, &count, NULL) : -ENOMEM;
		/* It stops at the first that is not there. */
		if (keys && err && err != -ENOMEM)
			err = delete_each(map, keys, range->nr);
	}
	free(keys);
	if (err)
		return bench_fail(r, err, "cannot empty %s: %s", bpf_map__name(map),
				  strerror(-err));
	return 0;
}

static int check_one(struct bench_run *r, struct bpf_map *map, uint32_t k, const uint64_t *got,
		     uint64_t want)
{
	size_t j, words = bpf_map__value_size(map) / sizeof(uint64_t);

	if (map_is_percpu(map))
		got += r->cpu * words;
	for (j = 0; j < words; j++)
		if (got[j] != (j ? j : want))
			return bench_fail(r, -EBADMSG, "word %zu of element %u of %s is %llu, not "
					  "%llu", j, k, bpf_map__name(map),
					  (unsigned long long)got[j],
					  (unsigned long long)(j ? j : want));
	return 0;
}

int map_check(struct bench_run *r, struct bpf_map *map, const struct map_range *range,
	      const uint64_t *want)
{
	char *keys = make_keys(map, range);
	uint64_t *got = malloc(value_room(map));
	int err = keys && got ? 0 : -ENOMEM;
	uint32_t i;

	for (i = 0; i < range->nr && !err; i++) {
		err = bpf_map_lookup_elem(bpf_map__fd(map), keys + i * bpf_map__key_size(map), got);
		if (!want[i] && (err == -ENOENT || is_array(map)))
			err = 0;
		else if (!want[i] && !err)
			err = bench_fail(r, -EBADMSG, "element %u is still in %s", i,
					 bpf_map__name(map));
		else if (err)
			err = bench_fail(r, err, "element %u is not in %s: %s", i,
					 bpf_map__name(map), strerror(-err));
		else
			err = check_one(r, map, range->first + i, got, want[i]);
	}
	free(keys);
	free(got);
	return err;
}

int map_run_refilled(struct bench_run *r, uint64_t ops, uint64_t per,
		     int (*reset)(struct bench_run *r), struct bench_batch *b)
{
	__u64 args[NR_BENCH_ARGS] = { [BENCH_ARG_CHUNKS] = per / BENCH_CHUNK };
	struct bench_state *st = &r->states[0];
	uint64_t done, sink = 0;
	int err;

	b->elapsed = 0;
	for (done = 0; done < ops; done += per) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

		err = reset(r);
		err = err ?: bpf_prog_test_run_opts(bpf_program__fd(r->prog), &opts);
		if (err)
			return r->err[0] ? err : bench_fail(r, err, "test run of %s: %s",
							    r->bench->id, strerror(-err));
		if (st->done != per)
			return bench_fail(r, -EBADMSG, "%s did %llu operations of %llu",
					  r->bench->id, (unsigned long long)st->done,
					  (unsigned long long)per);
		b->elapsed += st->end - st->start;
		sink += st->sink;
	}
	b->done = done;
	st->sink = sink;
	return 0;
}
