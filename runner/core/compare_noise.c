// SPDX-License-Identifier: GPL-2.0-only
/*
 * What two measurements of the same thing may differ by although their units (loads, boots) agree:
 *
 *	delta = max(floor, max(min_effect, noise) * scale)
 *
 * floor (in the metric's unit) = the outer end of the A/A interval of either side: what a fresh
 * load of the same code does to an operation, mostly where its image lies, is some fraction of a ns
 * for a short operation as for a long one. It is a floor for what the loop times (net and raw).
 * noise (relative) = the larger of
 *  - how far the median of the reference loop moved between the sides,
 *  - of the row at hand: the outer end of the 95 % interval of that movement.
 * Of several boots of a side the median of their A/A counts (the largest would grow with their
 * number), and the mean of their reference loops: the boots' figures are taken to one frequency
 * (compare_row.c), so that what is left to doubt is how far the means are apart.
 * scale = hypot(raw, base) for a net, of the side where it is larger (A against B and B against
 * A then agree): raw and base each err by some fraction of themselves, so the error of their
 * difference is that fraction of hypot(raw, base), however small the net; a common drift moves the
 * net by less.
 */
#include "compare_row.h"
#include "slowed.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AA_ID "selfcheck/empty"	/* its baseline is its twin */

static void noise_add(struct noise *n, double moved, double scale)
{
	if (!(scale > 0))
		return;
	n->relative = fmax(n->relative, fabs(moved) / scale);
	n->is_known = true;
}

/* The outer end of the A/A of a document; -ENODATA: it has none. */
static int aa_outer(const struct run_doc *doc, double *outer)
{
	size_t sz = strlen(AA_ID);
	int ret = -ENODATA;

	*outer = 0;
	for (size_t i = 0; i < doc->nr_results; i++) {
		const struct result *r = &doc->results[i];
		const struct metric *net = result_metric(r, "net");

		if (r->status != STATUS_OK || !net || strncmp(r->id, AA_ID, sz) ||
		    (r->id[sz] && r->id[sz] != ':'))
			continue;
		*outer = fmax(*outer, fmax(fabs(net->est.lo), fabs(net->est.hi)));
		ret = 0;
	}
	return ret;
}

/* Median of the reference loop over the results of a document; -ENODATA: it has none. */
static int ref_median(const struct run_doc *doc, double *median)
{
	double *v = malloc((doc->nr_results + 1) * sizeof(*v));
	size_t nr = 0;
	int err;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < doc->nr_results; i++) {
		const struct metric *ref = result_metric(&doc->results[i], "ref");

		if (ref && ref->est.value > 0)
			v[nr++] = ref->est.value;
	}
	err = nr ? stats_median(v, nr, median) : -ENODATA;
	free(v);
	return err;
}

double units_mean(const struct units *u)
{
	double sum = 0;

	for (size_t i = 0; i < u->nr; i++)
		sum += u->v[i];
	return sum / (double)u->nr;
}

/* What each boot of a side says, of those that do. 0, -ENODATA (none does) or -ENOMEM. */
static int side_read(const struct comparison_side *s,
		     int (*figure)(const struct run_doc *doc, double *v), struct units *u)
{
	u->nr = 0;
	for (size_t i = 0; i < s->nr; i++) {
		int err = figure(&s->docs[i], &u->v[u->nr]);

		if (err && err != -ENODATA)
			return err;
		u->nr += !err;
	}
	return u->nr ? 0 : -ENODATA;
}

/* The A/A of the median boot. */
static int side_floor(const struct comparison_side *s, double *floor)
{
	struct units u;
	int err = side_read(s, aa_outer, &u);

	return err ? err : stats_median(u.v, u.nr, floor);
}

/* The reference loop in the mean of the boots that were not slowed. */
static int side_ref(const struct comparison_side *s, double *ref)
{
	struct units u;
	double limit = INFINITY;
	size_t nr = 0;
	int err = side_read(s, ref_median, &u);

	if (err)
		return err;
	for (size_t i = 0; i < u.nr; i++)
		limit = fmin(limit, slowed_limit(u.v[i]));
	for (size_t i = 0; i < u.nr; i++)
		if (u.v[i] <= limit)
			u.v[nr++] = u.v[i];
	u.nr = nr;
	*ref = units_mean(&u);
	return 0;
}

int noise_of_sides(const struct comparison_table *t, struct noise *n)
{
	const struct comparison_side *const sides[] = { &t->a, &t->b };
	double floor, ref[2];
	int err, nr_refs = 0;

	for (int i = 0; i < 2; i++) {
		err = side_floor(sides[i], &floor);
		if (!err) {
			n->floor = fmax(n->floor, floor);
			n->is_known = true;
		}
		if (!err || err == -ENODATA)
			err = side_ref(sides[i], &ref[i]);
		if (err && err != -ENODATA)
			return err;
		nr_refs += !err;
	}
	if (nr_refs == 2)
		noise_add(n, ref[1] - ref[0], fmin(ref[0], ref[1]));
	return 0;
}

int noise_add_row(struct noise *n, const struct units *a, const struct units *b, bool by_boot)
{
	double shift, median_a, median_b;
	struct interval iv;
	int err;

	if (!a->nr || !b->nr)
		return 0;
	if (by_boot) {
		noise_add(n, units_mean(b) - units_mean(a), fmin(units_mean(a), units_mean(b)));
		return 0;
	}
	err = stats_hl_shift(a->v, a->nr, b->v, b->nr, 1 - COMPARE_ALPHA, &shift, &iv);
	if (!err)
		err = stats_median(a->v, a->nr, &median_a);
	if (!err)
		err = stats_median(b->v, b->nr, &median_b);
	if (!err)
		noise_add(n, fmax(fabs(iv.lo), fabs(iv.hi)), fmin(median_a, median_b));
	return err;
}
