// SPDX-License-Identifier: GPL-2.0-only
/* Figures that families compute from others; declared in prog_tests/bench_family.h. */
#include <string.h>
#include "bench_family.h"
#include "core/stats.h"

/* Figures whose intervals are wider, relative to the figure, cannot show a curve. */
#define MAX_WIDTH 0.05
#define MAX_POINTS 8

struct points {
	double x[MAX_POINTS], y[MAX_POINTS];
	size_t n;
	const struct metric *last;	/* of the greatest x */
	double last_scale;		/* from its figure to y */
	bool is_noisy;
};

static void take_points(struct points *p, const struct bench_line *line,
			const struct result *results, size_t nr)
{
	const struct metric *net;
	size_t i;

	for (i = 0; i < nr && p->n < MAX_POINTS; i++) {
		if (strcmp(results[i].family, line->family) || strcmp(results[i].name, line->name))
			continue;
		net = result_metric(&results[i], "net");
		if (!net || results[i].nr_params != 1)
			continue;
		p->x[p->n] = results[i].params[0].value;
		p->last_scale = line->is_per_param ? p->x[p->n] : 1;
		p->y[p->n] = net->est.value * p->last_scale;
		p->last = net;
		p->is_noisy |= p->x[p->n] > 0 &&
			       net->est.hi - net->est.lo > MAX_WIDTH * net->est.value;
		p->n++;
	}
}

/* The slope with the interval of the last point, which weighs most. */
static struct estimate slope_estimate(const struct points *p, double slope, enum clock_kind clock)
{
	const double last_x = p->x[p->n - 1], scale = p->last_scale / last_x;
	struct estimate e = estimate_exact(slope);

	if (clock != CLOCK_KIND_NS)
		return e;
	e = p->last->est;
	e.lo = slope + (e.lo - e.value) * scale;
	e.hi = slope + (e.hi - e.value) * scale;
	e.mad *= scale;
	e.mad_within *= scale;
	e.value = slope;
	return e;
}

int bench_derive_line(const struct bench_line *line, const struct result *results, size_t nr,
		      enum clock_kind clock, struct result *out, struct bench_line_fit *fit)
{
	struct points p = {};
	struct line_fit f;
	struct estimate e;
	int err;

	take_points(&p, line, results, nr);
	if (p.n < 3 || stats_line_fit(p.x, p.y, p.n, &f)) {
		out->status = STATUS_SKIP;
		return result_set_reason(out, "needs the figures of %s/%s for three values of its "
					 "parameter", line->family, line->name);
	}
	fit->r2 = f.r2;
	fit->is_noisy = p.is_noisy;
	e = slope_estimate(&p, f.slope, clock);
	err = result_add_metric(out, "slope", &e);
	e = estimate_exact(f.r2);
	return err ?: result_add_metric(out, "r2", &e);
}

int bench_derive_slope(const struct result *results, size_t nr, enum clock_kind clock,
		       struct result *out)
{
	const struct bench_line line = {
		.family = out->family,
		.name = out->name + strlen("slope_"),
	};
	struct bench_line_fit fit;

	return bench_derive_line(&line, results, nr, clock, out, &fit);
}
