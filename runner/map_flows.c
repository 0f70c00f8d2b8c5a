// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/keys.h"
#include "map_content.h"
#include "map_flows.h"
#include "perf.h"
#include "../progs/map_flows.h"

/* Drawn in instruction mode: as many as the smallest batch. */
#define FEW_DRAWN 1024
/* Above this a count would need seconds of filling and show nothing that fewer flows do not. */
#define MAX_FLOWS_COUNTED 100000
/*
 * An entry's memory, at most: an element of a hash map with its buckets (LRU: 88 bytes and up to
 * two heads of 16), and what filling takes in user space, a key and a value.
 */
#define ENTRY_BYTES (88 + 2 * 16 + 16 + 8)
#define REPORT_BATCHES 8
/*
 * Lookups in front of each batch: what other code has put out of the caches since the last one
 * comes back. They touch some three lines each, more than a second-level cache of 2 MiB holds.
 */
#define WARM_LOOKUPS 16384

/* Outlives the loads. */
struct flows_state {
	uint32_t *drawn;
	size_t nr_drawn;
	struct perf *perf;
	bool has_tried_perf;
	int map_fd;		/* filled; 0: none */
};

static uint64_t value(uint32_t flow)
{
	return flow + 1ull;
}

/* Bytes that can be had without swapping; 0 where the kernel does not say. */
static uint64_t memory_available(void)
{
	unsigned long long kib = 0;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib << 10;
}

int map_flows_prepare(struct bench_run *r, const struct map_flows *f)
{
	const uint64_t need = (uint64_t)f->nr * ENTRY_BYTES, have = memory_available();
	const bool counts = r->clock == CLOCK_KIND_INSN;
	const struct flows_state *st = r->priv;
	struct bpf_map *map = map_of_case(r);

	*f->goes_on = !counts;
	*f->warm = counts ? 0 : WARM_LOOKUPS;
	*f->mask = (counts ? FEW_DRAWN : FLOWS_DRAWN) - 1;
	if (!map)
		return 0;
	if (st && st->map_fd > 0)
		return bpf_map__reuse_fd(map, st->map_fd);
	if (counts && f->nr > MAX_FLOWS_COUNTED)
		return bench_fail(r, -EOPNOTSUPP, "caches, which a count does not show; it grows "
				  "no more above %u flows", MAX_FLOWS_COUNTED);
	/* Half of it: a machine that has to reclaim memory measures that. */
	if (have && need > have / 2)
		return bench_fail(r, -EOPNOTSUPP, "memory: %u flows need %llu MiB, half of the "
				  "%llu MiB available is less", f->nr,
				  (unsigned long long)need >> 20, (unsigned long long)have >> 20);
	return bpf_map__set_max_entries(map, ((uint64_t)f->nr * 100 + FLOWS_FILLED - 1) /
					     FLOWS_FILLED);
}

static int draw(struct bench_run *r, const struct map_flows *f)
{
	struct flows_state *st = calloc(1, sizeof(*st));
	int err;

	if (!st)
		return -ENOMEM;
	r->priv = st;
	st->nr_drawn = *f->mask + 1;
	st->drawn = malloc(st->nr_drawn * sizeof(*st->drawn));
	if (!st->drawn)
		return -ENOMEM;
	err = keys_fill(st->drawn, st->nr_drawn, f->nr, f->s, r->seed);
	return err ? bench_fail(r, err, "cannot draw from %u flows: %s", f->nr, strerror(-err)) : 0;
}

static int fill(struct bench_run *r, struct flows_state *st, uint32_t nr)
{
	struct bpf_map *map = map_of_case(r);
	const struct map_range range = { .nr = nr };
	int err;

	if (!map || st->map_fd)
		return 0;
	err = map_fill(r, map, &range, value);
	if (err)
		return err;
	st->map_fd = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3);
	return st->map_fd < 0 ? -errno : 0;
}

int map_flows_setup(struct bench_run *r, const struct map_flows *f)
{
	struct flows_state *st;
	int err = r->priv ? 0 : draw(r, f);

	if (err)
		return err;
	st = r->priv;
	memcpy(f->drawn, st->drawn, st->nr_drawn * sizeof(*st->drawn));
	return fill(r, st, f->nr);
}

static uint64_t expect(const struct bench_run *r, uint64_t i)
{
	(void)r;
	(void)i;
	return 1;
}

/*
 * Each lookup found its own flow's value: the sum says so. That they were not all of the same flow
 * is seen in what the program drew from.
 */
int map_flows_verify(struct bench_run *r, const struct map_flows *f)
{
	const uint32_t first = f->drawn[0];
	size_t i, others = 0, nr = *f->mask + 1;

	for (i = 0; i < nr; i++) {
		if (f->drawn[i] >= f->nr)
			return bench_fail(r, -EBADMSG, "flow %u of %u", f->drawn[i], f->nr);
		others += f->drawn[i] != first;
	}
	/* With s = 2 the first flow has 0.61 of all draws. */
	if (others < nr / 4)
		return bench_fail(r, -EBADMSG, "%zu of %zu draws are of the same flow", nr - others,
				  nr);
	return bench_verify_sum(r, expect);
}

static int run_batch(struct bench_run *r, uint64_t *ops)
{
	__u64 args[NR_BENCH_ARGS] = { [BENCH_ARG_CHUNKS] = FEW_DRAWN / BENCH_CHUNK };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	int err = bpf_prog_test_run_opts(bpf_program__fd(r->prog), &opts);

	*ops += r->states[0].done;
	return err;
}

int map_flows_report(struct bench_run *r)
{
	static const struct {
		enum perf_counter counter;
		const char *metric;
	} figures[] = {
		{ PERF_L1D_MISSES, "l1d_misses" },
		{ PERF_LLC_MISSES, "llc_misses" },
	};
	struct flows_state *st = r->priv;
	struct perf_counts before, after;
	uint64_t ops = 0;
	char why[128];
	size_t i;
	int err = 0;

	/* A machine without counters is most machines: no figure, and no failure. */
	if (!st->has_tried_perf && perf__open(&st->perf, why, sizeof(why)))
		st->perf = NULL;
	st->has_tried_perf = true;
	if (!st->perf)
		return 0;
	perf__read(st->perf, &before);
	for (i = 0; i < REPORT_BATCHES && !err; i++)
		err = run_batch(r, &ops);
	perf__read(st->perf, &after);
	for (i = 0; i < sizeof(figures) / sizeof(figures[0]) && !err; i++) {
		enum perf_counter c = figures[i].counter;

		if (before.has[c] && after.has[c])
			err = bench_report(r, figures[i].metric,
					   (double)(after.value[c] - before.value[c]) / ops);
	}
	return err;
}
