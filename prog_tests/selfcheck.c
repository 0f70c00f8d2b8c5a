// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include "bench_family.h"
#include "selfcheck.skel.h"
#include "core/stats.h"

#define MIN_R2 0.999
/* Figures whose intervals are wider, relative to the figure, cannot show a curve. */
#define MAX_WIDTH 0.05

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
	const struct metric *net, *longest = NULL;
	double x[8], y[8];
	struct line_fit fit;
	struct estimate e;
	bool is_noisy = false;
	size_t i, n = 0;
	int err;

	for (i = 0; i < nr && n < 8; i++) {
		if (strcmp(results[i].family, "selfcheck") || strcmp(results[i].name, "alu"))
			continue;
		net = result_metric(&results[i], "net");
		if (!net || results[i].nr_params != 1)
			continue;
		x[n] = results[i].params[0].value;
		y[n] = net->est.value;
		longest = net;	/* declared in rising order */
		is_noisy |= x[n] > 0 && net->est.hi - net->est.lo > MAX_WIDTH * net->est.value;
		n++;
	}
	if (n < 3 || stats_line_fit(x, y, n, &fit)) {
		out->status = STATUS_SKIP;
		return result_set_reason(out, "needs the figures of selfcheck/alu for three n");
	}
	e = estimate_exact(fit.slope);
	if (clock == CLOCK_KIND_NS) {
		/* As uncertain as the longest chain, which weighs most. */
		e = longest->est;
		e.lo += fit.slope * x[n - 1] - e.value;
		e.hi += fit.slope * x[n - 1] - e.value;
		e.lo /= x[n - 1];
		e.hi /= x[n - 1];
		e.mad /= x[n - 1];
		e.mad_within /= x[n - 1];
		e.value = fit.slope;
	}
	err = result_add_metric(out, "slope", &e);
	e = estimate_exact(fit.r2);
	err = err ?: result_add_metric(out, "r2", &e);
	if (!err && fit.r2 < MIN_R2 && is_noisy) {
		out->status = STATUS_SKIP;
		err = result_set_reason(out, "the machine is too noisy to see a line (R2 %.6f)",
					fit.r2);
	} else if (!err && fit.r2 < MIN_R2) {
		out->status = STATUS_FAIL;
		err = result_set_reason(out, "the cost of n additions is no line: R2 %.6f < %g",
					fit.r2, MIN_R2);
	}
	return err;
}

BENCH_FAMILY(selfcheck, .verify = verify, .derived_name = "line",
	     .derived_description = "line through alu's net over n: slope and R2",
	     .derive = line);
