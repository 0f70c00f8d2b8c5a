// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "bench_family.h"
#include "map_user.skel.h"
#include "record.h"
#include "../progs/map_user.h"

/* The kernel's own ENOTSUPP, which has no name in user space. */
#define KERNEL_ENOTSUPP 524
/* A perf buffer's record is 80 bytes: a header of 8, a size, 64 bytes, and what pads them. */
#define PERF_PAGES 256
/* Records in a buffer at a time; both kinds have room for more. */
#define MAX_RECORDS 8192

struct user_case;

/* What a load of a case has at hand. */
struct user_state {
	const struct user_case *kind;
	int fd;				/* the map; -1: the case has none */
	uint32_t entries;		/* elements */
	size_t copies;			/* values of an element */
	uint64_t generation;		/* how many batches have written */
	uint32_t keys[USER_ENTRIES];
	uint64_t *values;		/* of all elements */
	const volatile uint64_t *mapped;
	struct record_reader reader;
	int producer;			/* program */
	uint64_t produced;
};

/* Cases whose names begin with @prefix. */
struct user_case {
	const char *prefix;
	int (*run)(struct bench_run *r, struct user_state *st, uint64_t ops,
		   struct bench_batch *b);
	const char *producer;
};

static uint64_t value(uint32_t key)
{
	return key * 3 + 1;
}

static int wrong(struct bench_run *r, int err, uint64_t nr, uint64_t ops)
{
	if (err == -ENOTSUP || err == -KERNEL_ENOTSUPP)
		return bench_fail(r, -EOPNOTSUPP, "batches of this map type: not supported");
	return bench_fail(r, err ? err : -EBADMSG, "%llu of %llu operations were wrong: %s",
			  (unsigned long long)nr, (unsigned long long)ops,
			  err ? strerror(-err) : "another value");
}

/* Above any value: what it leaves is 0, but the next key has to wait for it. */
#define WAIT_FOR(got) ((got) >> 40)

static int run_loop(struct bench_run *r, struct user_state *st, uint64_t ops,
		    struct bench_batch *b)
{
	uint64_t i, got = 0, nr = 0, key;

	(void)st;
	(void)b;
	for (i = 0; i < ops; i++) {
		key = (i + WAIT_FOR(got)) % USER_ENTRIES;
		got = value(key);
		asm volatile("" : "+r"(got));
		nr += got != value(key);
	}
	return nr ? wrong(r, 0, nr, ops) : 0;
}

static int run_mmap(struct bench_run *r, struct user_state *st, uint64_t ops,
		    struct bench_batch *b)
{
	const volatile uint64_t *mapped = st->mapped;
	uint64_t i, got = 0, nr = 0, key;

	(void)b;
	for (i = 0; i < ops; i++) {
		key = (i + WAIT_FOR(got)) % USER_ENTRIES;
		got = mapped[key];
		nr += got != value(key);
	}
	return nr ? wrong(r, 0, nr, ops) : 0;
}

static int run_lookup(struct bench_run *r, struct user_state *st, uint64_t ops,
		      struct bench_batch *b)
{
	uint64_t i, nr = 0, *got = st->values;
	const size_t last = st->copies - 1;
	uint32_t key;
	int err = 0;

	(void)b;
	for (i = 0; i < ops && !err; i++) {
		key = i % st->entries;
		err = bpf_map_lookup_elem(st->fd, &key, got);
		nr += got[0] != value(key) || got[last] != value(key);
	}
	return err || nr ? wrong(r, err, nr, ops) : 0;
}

static void set_values(struct user_state *st, uint64_t add)
{
	size_t i;

	for (i = 0; i < st->entries * st->copies; i++)
		st->values[i] = value(i / st->copies) + add;
}

/* Each element that a batch of @ops has come to holds what set_values(@add) says. */
static int check_values(struct bench_run *r, struct user_state *st, uint64_t ops, uint64_t add)
{
	uint64_t *got = calloc(st->copies, sizeof(*got));
	uint32_t key, nr = 0;
	size_t i;
	int err = got ? 0 : -ENOMEM;

	for (key = 0; key < ops && key < st->entries && !err; key++) {
		err = bpf_map_lookup_elem(st->fd, &key, got);
		for (i = 0; i < st->copies; i++)
			nr += got[i] != value(key) + add;
	}
	free(got);
	return err || nr ? wrong(r, err, nr, ops) : 0;
}

static int run_update(struct bench_run *r, struct user_state *st, uint64_t ops,
		      struct bench_batch *b)
{
	uint64_t i, start, add = ++st->generation;
	uint32_t key;
	int err = 0;

	set_values(st, add);
	start = bench_now_ns();
	for (i = 0; i < ops && !err; i++) {
		key = i % st->entries;
		err = bpf_map_update_elem(st->fd, &key, &st->values[key * st->copies], BPF_ANY);
	}
	b->elapsed = bench_now_ns() - start;
	if (err)
		return wrong(r, err, 1, ops);
	return r->is_timed ? 0 : check_values(r, st, ops, add);
}

/* Deletes the whole map, or less, and puts it back, until @ops are done. */
static int run_delete(struct bench_run *r, struct user_state *st, uint64_t ops,
		      struct bench_batch *b)
{
	uint64_t done = 0, start, got;
	uint32_t key, nr, count;
	int err = 0;

	for (b->elapsed = 0; done < ops && !err; done += nr) {
		nr = ops - done < st->entries ? ops - done : st->entries;
		start = bench_now_ns();
		for (key = 0; key < nr && !err; key++)
			err = bpf_map_delete_elem(st->fd, &key);
		b->elapsed += bench_now_ns() - start;
		for (key = 0; key < nr && !err && !r->is_timed; key++)
			err = bpf_map_lookup_elem(st->fd, &key, &got) == -ENOENT ? 0 : -EEXIST;
		count = nr;
		err = err ?: bpf_map_update_batch(st->fd, st->keys, st->values, &count, NULL);
	}
	return err ? wrong(r, err, 1, ops) : 0;
}

/* The elements of a hash map come in the order of its buckets. */
static int check_batch(struct bench_run *r, struct user_state *st, const uint32_t *keys)
{
	uint64_t nr = 0;
	size_t i;

	for (i = 0; i < st->entries * st->copies; i++)
		nr += st->values[i] != value(keys[i / st->copies]);
	return nr ? wrong(r, 0, nr, st->entries) : 0;
}

static int run_lookup_batch(struct bench_run *r, struct user_state *st, uint64_t ops,
			    struct bench_batch *b)
{
	uint32_t keys[USER_BATCH_ENTRIES], token, count;
	uint64_t done;
	int err = 0;

	(void)b;
	memset(st->values, 0, st->entries * st->copies * sizeof(uint64_t));
	for (done = 0; done < ops && !err; done += st->entries) {
		count = st->entries;
		err = bpf_map_lookup_batch(st->fd, NULL, &token, keys, st->values, &count, NULL);
		/* A hash map says so that there is nothing behind them. */
		if (err == -ENOENT)
			err = 0;
		if (!err && count != st->entries)
			err = -EIO;
	}
	b->done = done;
	if (err)
		return wrong(r, err, 1, ops);
	return r->is_timed ? 0 : check_batch(r, st, keys);
}

static int run_update_batch(struct bench_run *r, struct user_state *st, uint64_t ops,
			    struct bench_batch *b)
{
	uint64_t done, start, add = ++st->generation;
	uint32_t count = st->entries;
	int err = 0;

	set_values(st, add);
	start = bench_now_ns();
	for (done = 0; done < ops && !err; done += st->entries) {
		err = bpf_map_update_batch(st->fd, st->keys, st->values, &count, NULL);
		if (!err && count != st->entries)
			err = -EIO;
	}
	b->elapsed = bench_now_ns() - start;
	b->done = done;
	if (err)
		return wrong(r, err, 1, ops);
	return r->is_timed ? 0 : check_values(r, st, done, add);
}

static int run_consume(struct bench_run *r, struct user_state *st, uint64_t ops,
		       struct bench_batch *b)
{
	struct record_reader *rd = &st->reader;
	uint64_t done, nr, start;
	int64_t refused;
	int err = 0;

	for (done = 0, b->elapsed = 0; done < ops && !err; done += nr) {
		nr = ops - done < MAX_RECORDS ? ops - done : MAX_RECORDS;
		refused = record_produce(st->producer, st->produced, nr);
		if (refused)
			return bench_fail(r, refused < 0 ? refused : -ENOSPC,
					  "cannot produce %llu records", (unsigned long long)nr);
		st->produced += nr;
		start = bench_now_ns();
		err = record_consume(rd);
		b->elapsed += bench_now_ns() - start;
	}
	if (!err && (rd->wrong || rd->missing || rd->taken != st->produced))
		return bench_fail(r, -EBADMSG, "%llu records of %llu arrived, %llu wrong",
				  (unsigned long long)rd->taken, (unsigned long long)st->produced,
				  (unsigned long long)rd->wrong);
	return err ? bench_fail(r, err, "consuming: %s", strerror(-err)) : 0;
}

static const struct user_case user_cases[] = {
	{ "loop", run_loop, NULL },
	{ "lookup_batch_", run_lookup_batch, NULL },
	{ "update_batch_", run_update_batch, NULL },
	{ "lookup_", run_lookup, NULL },
	{ "update_", run_update, NULL },
	{ "delete_", run_delete, NULL },
	{ "mmap_", run_mmap, NULL },
	{ "ringbuf", run_consume, "produce_ringbuf" },
	{ "perfbuf", run_consume, "produce_perfbuf" },
};

#define NR_USER_CASES (sizeof(user_cases) / sizeof(user_cases[0]))

static const struct user_case *case_of(const struct bench_run *r)
{
	size_t i;

	for (i = 0; i < NR_USER_CASES; i++)
		if (!strncmp(r->bench->name, user_cases[i].prefix, strlen(user_cases[i].prefix)))
			return &user_cases[i];
	return NULL;
}

static struct bpf_map *map_of(const struct bench_run *r)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_map", r->bench->name);
	return bpf_object__find_map_by_name(r->obj, name);
}

static int prepare(struct bench_run *r)
{
	const struct user_case *c = case_of(r);

	if (!c)
		return bench_fail(r, -EINVAL, "no operation is called %s", r->bench->name);
	if (!c->producer)
		return 0;
	return bpf_program__set_autoload(bpf_object__find_program_by_name(r->obj, c->producer),
					 true);
}

static void unload(struct bench_run *r)
{
	struct user_state *st = r->priv;

	if (!st)
		return;
	if (st->mapped)
		munmap((void *)st->mapped, USER_ENTRIES * sizeof(uint64_t));
	record_close(&st->reader);
	free(st->values);
	free(st);
	r->priv = NULL;
}

static int open_buffer(struct bench_run *r, struct user_state *st, const char *producer)
{
	struct bpf_map *map = map_of(r);
	int err;

	st->producer = bpf_program__fd(bpf_object__find_program_by_name(r->obj, producer));
	if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
		err = record_open_ringbuf(&st->reader, map);
	else
		err = record_open_perfbuf(&st->reader, map, r->cpu, PERF_PAGES, false);
	if (err)
		return bench_fail(r, err, "cannot open %s: %s", bpf_map__name(map), strerror(-err));
	return 0;
}

static int open_mapping(struct bench_run *r, struct user_state *st)
{
	void *at = mmap(NULL, USER_ENTRIES * sizeof(uint64_t), PROT_READ, MAP_SHARED, st->fd, 0);

	if (at == MAP_FAILED)
		return bench_fail(r, -errno, "cannot map the array: %s", strerror(errno));
	st->mapped = at;
	return 0;
}

static int setup(struct bench_run *r)
{
	struct user_state *st = calloc(1, sizeof(*st));
	struct bpf_map *map = map_of(r);
	uint32_t key;
	int err;

	if (!st)
		return -ENOMEM;
	r->priv = st;
	st->kind = case_of(r);
	st->fd = map ? bpf_map__fd(map) : -1;
	if (st->kind->producer)
		return open_buffer(r, st, st->kind->producer);
	if (!map)
		return 0;
	st->copies = strstr(r->bench->name, "percpu") ? libbpf_num_possible_cpus() : 1;
	st->entries = strstr(r->bench->name, "_batch_") ? USER_BATCH_ENTRIES : USER_ENTRIES;
	st->values = calloc(st->entries * st->copies, sizeof(uint64_t));
	if (!st->values)
		return -ENOMEM;
	for (key = 0; key < st->entries; key++)
		st->keys[key] = key;
	set_values(st, 0);
	err = bench_fill_map(r, map, st->entries, value);
	if (!err && bpf_map__map_flags(map) & BPF_F_MMAPABLE)
		err = open_mapping(r, st);
	return err;
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct user_state *st = r->priv;

	return st->kind->run(r, st, ops, b);
}

BENCH_FAMILY(map_user, .prepare = prepare, .setup = setup, .run = run, .unload = unload);
