// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bench_family.h"
#include "sharing_line.h"
#include "sharing_line.skel.h"

#define LINE_SZ 64
#define PAGE_SZ 4096

/* How the cells of the CPUs lie. */
struct placement {
	const char *suffix;		/* of the case's name */
	size_t stride;			/* words between two counters */
};

static const struct placement placements[] = {
	{ "_next_line", WORDS_PER_LINE },	/* in front of _line */
	{ "_line", 1 },
	{ "_page", WORDS_PER_PAGE },
	{ "_word", 0 },
};

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), end_len = strlen(end);

	return len >= end_len && !strcmp(s + len - end_len, end);
}

/* NULL: none of the case's */
static const struct placement *placement_of(const struct bench_run *r)
{
	for (size_t i = 0; i < sizeof(placements) / sizeof(placements[0]); i++)
		if (ends_with(r->bench->name, placements[i].suffix))
			return &placements[i];
	return NULL;
}

static bool has_locks(const struct bench_run *r)
{
	return !strncmp(r->bench->name, "lock_", 5);
}

static struct bpf_map *map_of(const struct bench_run *r)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_map", r->bench->name);
	return bpf_object__find_map_by_name(r->obj, name);
}

/* Of the elements of an ARRAY: every 8-byte word to 0, and their sum of counters, the second. */
static int clear_cells(struct bench_run *r, struct bpf_map *map)
{
	static const uint64_t zeroes[WORDS_PER_PAGE];
	int err = 0;

	for (uint32_t key = 0; key < bpf_map__max_entries(map) && !err; key++)
		err = bpf_map_update_elem(bpf_map__fd(map), &key, zeroes, 0);
	return err ? bench_fail(r, err, "cannot clear %s: %s", bpf_map__name(map),
				strerror(-err)) : 0;
}

static int sum_cells(struct bench_run *r, struct bpf_map *map, uint64_t *sum)
{
	uint64_t cell[WORDS_PER_PAGE];
	int err = 0;

	*sum = 0;
	for (uint32_t key = 0; key < bpf_map__max_entries(map) && !err; key++) {
		err = bpf_map_lookup_elem(bpf_map__fd(map), &key, cell);
		*sum += err ? 0 : cell[1];
	}
	return err ? bench_fail(r, err, "cannot read %s: %s", bpf_map__name(map),
				strerror(-err)) : 0;
}

/* The element of each possible CPU; @out: their sum, NULL: all to 0. */
static int percpu_cells(struct bench_run *r, struct bpf_map *map, uint64_t *out)
{
	int nr = libbpf_num_possible_cpus(), err;
	uint32_t key = 0;
	uint64_t *v;

	if (nr < 0)
		return nr;
	v = calloc(nr, sizeof(*v));
	if (!v)
		return -ENOMEM;
	err = out ? bpf_map_lookup_elem(bpf_map__fd(map), &key, v) :
		    bpf_map_update_elem(bpf_map__fd(map), &key, v, 0);
	if (!err && out)
		for (*out = 0; nr; nr--)
			*out += v[nr - 1];
	free(v);
	return err ? bench_fail(r, err, "%s: %s", bpf_map__name(map), strerror(-err)) : 0;
}

static int before(struct bench_run *r)
{
	struct sharing_line *skel = r->skel;
	struct bpf_map *map = map_of(r);

	memset(skel->bss->counters, 0, sizeof(skel->bss->counters));
	memset(skel->bss->places, 0, sizeof(skel->bss->places));
	if (!map)
		return 0;
	return has_locks(r) ? clear_cells(r, map) : percpu_cells(r, map, NULL);
}

/*
 * .bss is mapped: its address here and in the kernel agree in the bits below the page size. The
 * elements of a map say themselves where they are.
 */
static uintptr_t cell_of(const struct bench_run *r, const struct placement *p, unsigned int worker)
{
	const struct sharing_line *skel = r->skel;

	if (has_locks(r))
		return skel->bss->places[worker * WORDS_PER_LINE];
	return (uintptr_t)&skel->bss->counters[worker * p->stride];
}

static int verify_layout(struct bench_run *r, const struct placement *p)
{
	uintptr_t first = cell_of(r, p, 0);
	unsigned int i;

	if (first % PAGE_SZ)
		return bench_fail(r, -EBADMSG, "the counters are not page aligned");
	for (i = 1; i < r->bench->workers; i++) {
		uintptr_t cell = cell_of(r, p, i), before = cell_of(r, p, i - 1);
		bool is_right = p->stride == 0 ? cell == first :
				p->stride == 1 ?
				cell > before && cell / LINE_SZ == first / LINE_SZ :
				cell - before == p->stride * sizeof(uint64_t);

		if (!is_right)
			return bench_fail(r, -EBADMSG,
					  "the counters do not lie as the case says: %#zx, %#zx",
					  (size_t)before, (size_t)cell);
	}
	return 0;
}

/* Each CPU added to its own of the global counters, and nobody to another. */
static int verify_counters(struct bench_run *r, const struct placement *p, uint64_t sum)
{
	const struct sharing_line *skel = r->skel;
	uint64_t own = 0;

	for (unsigned int i = 0; i < r->bench->workers; i++) {
		uint64_t v = skel->bss->counters[i * p->stride];

		own += p->stride || !i ? v : 0;
		if (!v)
			return bench_fail(r, -EBADMSG, "CPU %u left no trace in its counter", i);
	}
	if (own != sum)
		return bench_fail(r, -EBADMSG, "%llu of %llu additions are in other counters",
				  (unsigned long long)(sum - own), (unsigned long long)sum);
	return 0;
}

/* Additions that can be seen. */
static int count_additions(struct bench_run *r, uint64_t *sum)
{
	const struct sharing_line *skel = r->skel;
	const size_t words = sizeof(skel->bss->counters) / sizeof(skel->bss->counters[0]);
	struct bpf_map *map = map_of(r);

	if (map)
		return has_locks(r) ? sum_cells(r, map, sum) : percpu_cells(r, map, sum);
	*sum = 0;
	for (size_t i = 0; i < words; i++)
		*sum += skel->bss->counters[i];
	return 0;
}

/* Additions that must be there: of compare and swap those that said so. */
static uint64_t expected_additions(const struct bench_run *r)
{
	uint64_t sum = 0;

	if (strncmp(r->bench->name, "cas_", 4))
		return r->ops;
	for (unsigned int i = 0; i < r->bench->workers; i++)
		sum += r->states[i].sink;
	return sum;
}

static int verify(struct bench_run *r)
{
	const struct placement *p = placement_of(r);
	uint64_t sum = 0, want;
	bool is_race = !strcmp(r->bench->name, "plain_word") && r->bench->workers > 1;
	int err;

	if (!strcmp(r->bench->name, "empty"))
		return 0;
	err = p ? verify_layout(r, p) : 0;
	err = err ?: count_additions(r, &sum);
	if (!err && p && !has_locks(r))
		err = verify_counters(r, p, sum);
	if (err)
		return err;
	want = expected_additions(r);
	/* Each CPU writes back what it read, plus 1: none of them can count for more than one. */
	if (!sum || (is_race ? sum > want : sum != want))
		return bench_fail(r, -EBADMSG, "%llu additions in the counters, %llu were made",
				  (unsigned long long)sum, (unsigned long long)want);
	return 0;
}

BENCH_FAMILY(sharing_line, .before = before, .verify = verify);
