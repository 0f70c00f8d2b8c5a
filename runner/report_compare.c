// SPDX-License-Identifier: GPL-2.0-only
/* What the formats for people have in common of a comparison. */
#include "report.h"

#include <math.h>
#include <string.h>

static double size_of(const struct interval *iv)
{
	return fmax(fabs(iv->lo), fabs(iv->hi));
}

void report_comparison_cells(struct comparison_cells *cells, const struct comparison *c,
			     enum clock_kind clock)
{
	double width = c->shift_iv.hi - c->shift_iv.lo, size = size_of(&c->shift_iv);
	char shift[CELL_SZ], lo[CELL_SZ], hi[CELL_SZ];

	*cells = (struct comparison_cells){ .a = "-", .b = "-" };
	if (!c->metric)
		return;
	report_number(cells->a, c->value_a, fabs(c->value_a), width);
	report_number(cells->b, c->value_b, fabs(c->value_b), width);
	snprintf(cells->metric, sizeof(cells->metric), "%s %s", c->metric->name,
		 metric_unit(c->metric, clock));
	report_number(shift, c->shift, size, width);
	snprintf(cells->change, sizeof(cells->change), "%s%s", c->shift > 0 ? "+" : "", shift);
	report_number(lo, c->shift_iv.lo, size, width);
	report_number(hi, c->shift_iv.hi, size, width);
	if (width > 0)
		snprintf(cells->interval, sizeof(cells->interval), "[%s, %s]", lo, hi);
	if (c->value_a > 0 && c->shift != 0)
		snprintf(cells->percent, sizeof(cells->percent),
			 fabs(c->shift) < 0.1 * c->value_a ? "%+.2g%%" : "%+.0f%%",
			 100 * c->shift / c->value_a);
	if (c->delta > 0)
		report_number(cells->delta, c->delta, c->delta, c->delta / 10);
}

void report_why(char *buf, size_t sz, const struct comparison *c, const struct comparison_table *t)
{
	/* In counts a boot need not have all cases: ab's later ones have those that one left open. */
	unsigned int of_a = t->exact ? c->of_a : (unsigned int)t->a.nr;
	unsigned int of_b = t->exact ? c->of_b : (unsigned int)t->b.nr;
	bool a_lacks = c->nr_a < of_a, b_lacks = c->nr_b < of_b;
	size_t n;

	n = (size_t)snprintf(buf, sz, "%s", c->why);
	/* Without a figure the reason says it all. */
	if (!c->nr_a || !c->nr_b || n >= sz)
		return;
	if (a_lacks) {
		n += (size_t)snprintf(buf + n, sz - n, "%s%u of %u boots of A", n ? "; " : "",
				      c->nr_a, of_a);
		n = n < sz ? n : sz - 1;
	}
	if (b_lacks)
		snprintf(buf + n, sz - n, "%s%u of %u boots of B", n ? a_lacks ? ", " : "; " : "",
			 c->nr_b, of_b);
}

void report_fewer_boots(char *buf, size_t sz, const struct comparison_table *t)
{
	size_t nr = 0, fewer = 0;

	for (size_t i = 0; i < t->nr; i++) {
		const struct comparison *c = &t->v[i];

		if (report_is_skipped(c) || report_is_size(c))
			continue;
		nr++;
		fewer += c->of_a < t->a.nr || c->of_b < t->b.nr;
	}
	buf[0] = '\0';
	if (fewer)
		snprintf(buf, sz, "; %zu of %zu rows have fewer", fewer, nr);
}

void report_rates(char *buf, size_t sz, const struct comparison_table *t)
{
	if (t->exact)
		snprintf(buf, sz, "exact: counted guests");
	else if (t->nr_looks > 1)
		snprintf(buf, sz, "5 %% over the table and %u looks, %.4g %% intervals, by boots",
			 t->nr_looks, 100 * (1 - t->alpha));
	else
		snprintf(buf, sz, "5 %% over the table, 95 %% intervals%s",
			 t->by_boot ? ", by boots" : "");
}

bool report_is_skipped(const struct comparison *c)
{
	return c->a && c->b && c->a->status == STATUS_SKIP && c->b->status == STATUS_SKIP;
}

bool report_is_size(const struct comparison *c)
{
	return c->metric && c->metric->better == BETTER_NEITHER;
}
