// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bench_family.h"
#include "sharing_map.h"
#include "sharing_map.skel.h"

#define ENTRY_SZ (SHARING_MAP_WORDS * sizeof(uint64_t))
/* Some 8600 instructions for each element of a PERCPU_ARRAY: seconds of a counted guest. */
#define MAX_COUNTED_PERCPU 4096
/* Writes looked at behind a batch, of each CPU: the last ones. */
#define NR_CHECKED 16

static bool is_percpu(const struct bench_run *r)
{
	return !strcmp(r->bench->name, "percpu_array");
}

static struct bpf_map *map_of(const struct bench_run *r)
{
	struct sharing_map *skel = r->skel;

	if (!strcmp(r->bench->name, "empty"))
		return NULL;
	return is_percpu(r) ? skel->maps.percpu_array_map : skel->maps.array_map;
}

static uint64_t available_bytes(void)
{
	unsigned long long kib = 0;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "re");

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f) && sscanf(line, "MemAvailable: %llu", &kib) != 1)
		;
	fclose(f);
	return kib << 10;
}

/* Case and baseline of one size are there at a time; half of what is free is enough for others. */
static int prepare(struct bench_run *r)
{
	uint64_t entries = bench_run_param(r, "entries"), need = entries * ENTRY_SZ, free_sz;
	struct bpf_map *map = map_of(r);

	if (!map)
		return 0;
	if (is_percpu(r))
		need *= libbpf_num_possible_cpus();
	if (is_percpu(r) && r->is_counted && entries > MAX_COUNTED_PERCPU)
		return bench_fail(r, -EOPNOTSUPP, "a PERCPU_ARRAY of %llu elements takes seconds "
				  "of a counted guest to make", (unsigned long long)entries);
	free_sz = available_bytes();
	if (need > free_sz / 2)
		return bench_fail(r, -EOPNOTSUPP, "needs %llu MiB of memory, %llu are available",
				  (unsigned long long)(need >> 20),
				  (unsigned long long)(free_sz >> 20));
	return bpf_map__set_max_entries(map, entries);
}

static int before(struct bench_run *r)
{
	struct sharing_map *skel = r->skel;

	memset((void *)skel->bss->cursors, 0, sizeof(skel->bss->cursors));
	skel->bss->epoch++;
	return 0;
}

/* @v holds what write number @n of CPU @worker left, or writes that came later to this entry. */
static bool is_written(const struct bench_run *r, const uint64_t *v, uint64_t n, uint32_t worker)
{
	const struct sharing_map *skel = r->skel;
	uint64_t entries = bench_run_param(r, "entries"), repeat = bench_run_param(r, "repeat");
	uint32_t key = sharing_map_key(repeat == 10 ? n / 10 : n, worker, entries);

	for (int k = 0; k < SHARING_MAP_WORDS; k++) {
		uint32_t by = v[k] & 0xff;
		uint64_t m = v[k] >> 8 & 0xffffffff;

		if (v[k] >> 40 != skel->bss->epoch || by >= r->bench->workers ||
		    sharing_map_key(repeat == 10 ? m / 10 : m, by, entries) != key)
			return false;
		if ((is_percpu(r) || r->bench->workers == 1) && (by != worker || m < n))
			return false;
	}
	return true;
}

/* Among the elements of a per-CPU map one is that of the CPU on which the worker ran. */
static int verify_write(struct bench_run *r, uint64_t *v, uint64_t n, uint32_t worker)
{
	uint64_t repeat = bench_run_param(r, "repeat");
	uint32_t key = sharing_map_key(repeat == 10 ? n / 10 : n, worker,
				       bench_run_param(r, "entries"));
	int nr = is_percpu(r) ? libbpf_num_possible_cpus() : 1, i, err;

	err = bpf_map_lookup_elem(bpf_map__fd(map_of(r)), &key, v);
	for (i = 0; !err && i < nr; i++)
		if (is_written(r, v + i * SHARING_MAP_WORDS, n, worker))
			return 0;
	return bench_fail(r, err ? err : -EBADMSG, "write %llu of CPU %u did not reach entry %u",
			  (unsigned long long)n, worker, key);
}

static int verify(struct bench_run *r)
{
	const struct sharing_map *skel = r->skel;
	uint64_t *v, n, sum = 0, done;
	int err = 0;

	v = calloc(libbpf_num_possible_cpus(), ENTRY_SZ);
	if (!v)
		return -ENOMEM;
	for (uint32_t w = 0; w < r->bench->workers && !err; w++) {
		done = skel->bss->cursors[w * CURSOR_STRIDE];
		sum += done;
		for (n = done > NR_CHECKED ? done - NR_CHECKED : 0; n < done && map_of(r) && !err;
		     n++)
			err = verify_write(r, v, n, w);
	}
	free(v);
	if (!err && sum != r->ops)
		err = bench_fail(r, -EBADMSG, "%llu entries were chosen, not %llu",
				 (unsigned long long)sum, (unsigned long long)r->ops);
	return err;
}

BENCH_FAMILY(sharing_map, .prepare = prepare, .before = before, .verify = verify);
