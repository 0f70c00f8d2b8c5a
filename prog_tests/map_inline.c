// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include "bench_family.h"
#include "map_content.h"
#include "map_inline.skel.h"
#include "xlated.h"
#include "../progs/map_lookup.h"

static bool is_called(const struct bench_run *r)
{
	return strstr(r->bench->name, "_called");
}

/*
 * The program with the same lookup in the other way; NULL for the baseline. In the first load only:
 * it takes the verifier as long as the measured one, which is the same in all loads.
 */
static struct bpf_program *counterpart(const struct bench_run *r)
{
	char name[64];

	if (r->load)
		return NULL;
	if (is_called(r))
		snprintf(name, sizeof(name), "%.*s",
			 (int)(strstr(r->bench->name, "_called") - r->bench->name), r->bench->name);
	else
		snprintf(name, sizeof(name), "%s_called", r->bench->name);
	return bpf_object__find_program_by_name(r->obj, name);
}

static int prepare(struct bench_run *r)
{
	uint32_t entries = bench_run_param(r, "entries");
	struct bpf_program *other = counterpart(r);
	struct bpf_map *map;
	int err = other ? bpf_program__set_autoload(other, true) : 0;

	bpf_object__for_each_map(map, r->obj) {
		if (bpf_map__is_internal(map) || err)
			continue;
		/* An LRU map evicts before it is full. */
		err = bpf_map__set_max_entries(map, map_is_lru(map) ? 2 * entries : entries);
	}
	return err;
}

static uint64_t value(uint32_t key)
{
	return map_lookup_value(key);
}

/*
 * One is inlined and the other is not: an ARRAY's lookup has no call, a HASH's has the jumps behind
 * its call, that around the value's offset and that to the mark of use.
 */
static int check_inlining(struct bench_run *r, struct bpf_program *other)
{
	struct bpf_program *called = is_called(r) ? r->prog : other;
	struct insn_counts in, out;
	int err = xlated_count(bpf_program__fd(is_called(r) ? other : r->prog), &in);

	err = err ?: xlated_count(bpf_program__fd(called), &out);
	if (err)
		return bench_fail(r, err, "cannot read the translated programs: %s",
				  strerror(-err));
	if (in.nr[INSN_JUMP] > out.nr[INSN_JUMP] && in.nr[INSN_CALL] <= out.nr[INSN_CALL])
		return 0;
	return bench_fail(r, -EBADMSG, "%s has %lld jumps and %lld calls, inlined %lld and %lld",
			  bpf_program__name(called), out.nr[INSN_JUMP], out.nr[INSN_CALL],
			  in.nr[INSN_JUMP], in.nr[INSN_CALL]);
}

/* The second map of a pair stays empty: a lookup in it would be seen. */
static int setup(struct bench_run *r)
{
	const struct map_range range = { .nr = bench_run_param(r, "entries") };
	struct bpf_program *other = counterpart(r);
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, r->obj)
		if (strstr(bpf_map__name(map), "_one") && !err)
			err = map_fill(r, map, &range, value);
	return err ?: other ? check_inlining(r, other) : 0;
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

BENCH_FAMILY(map_inline, .prepare = prepare, .setup = setup, .verify = verify);
