// SPDX-License-Identifier: GPL-2.0-only
/* What prog_tests/ share; declared in prog_tests/bench_family.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "map_content.h"

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

int bench_run_cnt(const struct bpf_program *prog, uint64_t *cnt)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len);

	*cnt = info.run_cnt;
	return err;
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

int bench_fill_map(struct bench_run *r, struct bpf_map *map, uint32_t nr,
		   uint64_t (*value)(uint32_t key))
{
	const struct map_range range = { .nr = nr };

	return map_fill(r, map, &range, value);
}
