// SPDX-License-Identifier: GPL-2.0-only
/* What prog_tests/ share; declared in prog_tests/bench_family.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bench_family.h"

int bench_fail(struct bench_run *r, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->err, sizeof(r->err), fmt, ap);
	va_end(ap);
	return err;
}

int bench_report(struct bench_run *r, const char *metric, double value)
{
	if (!metric_find(metric))
		return bench_fail(r, -EINVAL, "there is no metric \"%s\"", metric);
	if (r->nr_reports == BENCH_MAX_REPORTS)
		return bench_fail(r, -ENOSPC, "more than %d figures", BENCH_MAX_REPORTS);
	r->reports[r->nr_reports++] = (struct bench_report){ metric, value };
	return 0;
}

uint64_t bench_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

uint64_t bench_run_param(const struct bench_run *r, const char *name)
{
	const struct param *p = bench_param(r->bench, name);

	return p ? p->value : 0;
}

int bench_verify_sum(struct bench_run *r,
		     uint64_t (*expect)(const struct bench_run *r, uint64_t i))
{
	uint64_t i, want = 0, got = r->states[0].sink;

	for (i = 0; i < r->ops; i++)
		want += expect(r, i);
	if (got == want)
		return 0;
	return bench_fail(r, -EBADMSG, "%s: %llu operations returned %llu in sum, not %llu",
			  r->bench->id, (unsigned long long)r->ops, (unsigned long long)got,
			  (unsigned long long)want);
}

/*
 * One system call for all entries where the map type allows it: 5.6 (aa2e93b8e58e), per-CPU arrays
 * 5.13 (f008d732ab18). A value of a per-CPU map is one for each possible CPU.
 */
static int fill_batch(struct bpf_map *map, size_t copies, uint32_t nr,
		      uint64_t (*value)(uint32_t key))
{
	uint32_t *keys = malloc(nr * sizeof(*keys)), count = nr;
	uint64_t *values = malloc(nr * copies * sizeof(*values));
	int err = -ENOMEM;
	size_t i;

	if (keys && values) {
		for (i = 0; i < nr; i++)
			keys[i] = i;
		for (i = 0; i < nr * copies; i++)
			values[i] = value(i / copies);
		err = bpf_map_update_batch(bpf_map__fd(map), keys, values, &count, NULL);
		if (!err && count != nr)
			err = -EIO;
	}
	free(keys);
	free(values);
	return err;
}

static int fill_each(struct bpf_map *map, size_t copies, uint32_t nr,
		     uint64_t (*value)(uint32_t key))
{
	uint64_t *values = calloc(copies, sizeof(*values));
	int err = values ? 0 : -ENOMEM;
	uint32_t key;
	size_t i;

	for (key = 0; key < nr && !err; key++) {
		for (i = 0; i < copies; i++)
			values[i] = value(key);
		err = bpf_map__update_elem(map, &key, sizeof(key), values,
					   copies * sizeof(*values), BPF_ANY);
	}
	free(values);
	return err;
}

int bench_fill_map(struct bench_run *r, struct bpf_map *map, uint32_t nr,
		   uint64_t (*value)(uint32_t key))
{
	bool is_percpu = bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY ||
			 bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_HASH ||
			 bpf_map__type(map) == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	size_t copies = is_percpu ? libbpf_num_possible_cpus() : 1;
	int err = fill_batch(map, copies, nr, value);

	/* The kernel's own ENOTSUPP, which has no name in user space, is 524. */
	if (err == -ENOTSUP || err == -524 || err == -EINVAL)
		err = fill_each(map, copies, nr, value);
	if (err)
		return bench_fail(r, err, "cannot fill %s with %u entries: %s",
				  bpf_map__name(map), nr, strerror(-err));
	return 0;
}
