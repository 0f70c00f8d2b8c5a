// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include "bench_family.h"
#include "selfcheck.skel.h"

#define MIN_R2 0.999

static uint64_t expect(const struct bench_run *r, uint64_t i)
{
	if (!strcmp(r->bench->name, "alu"))
		return bench_run_param(r, "n");
	if (!strcmp(r->bench->name, "clock"))
		return i + 1;
	return strcmp(r->bench->name, "mix") ? i : 4 * (i + 16);
}

static int verify(struct bench_run *r)
{
	return bench_verify_sum(r, expect);
}

/*
 * The additions depend on each other: their cost is linear in n whatever the machine. A curve means
 * that the clock, the loop or the subtraction of the baseline is not what it is taken for.
 */
static int line(const struct result *results, size_t nr, enum clock_kind clock, struct result *out)
{
	static const struct bench_line alu = { "selfcheck", "alu", false };
	struct bench_line_fit fit = { .r2 = 1 };
	int err = bench_derive_line(&alu, results, nr, clock, out, &fit);

	if (err || out->status == STATUS_SKIP || fit.r2 >= MIN_R2)
		return err;
	if (fit.is_noisy) {
		out->status = STATUS_SKIP;
		return result_set_reason(out, "the machine is too noisy to see a line (R2 %.6f)",
					 fit.r2);
	}
	out->status = STATUS_FAIL;
	return result_set_reason(out, "the cost of n additions is no line: R2 %.6f < %g", fit.r2,
				 MIN_R2);
}

static const struct bench_derived derived[] = {
	{ "line", "line through alu's net over n: slope and R2" },
	{}
};

BENCH_FAMILY(selfcheck, .verify = verify, .derived = derived, .derive = line);
