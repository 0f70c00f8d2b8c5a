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
 * Of several boots of a side the median of what each of them says counts: the largest would grow
 * with their number.
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

		if (ref)
			v[nr++] = ref->est.value;
	}
	err = nr ? stats_median(v, nr, median) : -ENODATA;
	free(v);
	return err;
}

/* Of the reference loop: the slowed boots say nothing. Moves the others to the front. */
static size_t drop_slowed(double *v, size_t nr)
{
	double limit = INFINITY;
	size_t nr_kept = 0;

	for (size_t i = 0; i < nr; i++)
		limit = fmin(limit, slowed_limit(v[i]));
	for (size_t i = 0; i < nr; i++)
		if (v[i] <= limit)
			v[nr_kept++] = v[i];
	return nr_kept;
}

/* Median over the boots of a side of what each says, of those that do; or -ENODATA. */
static int side_median(const struct comparison_side *s,
		       int (*figure)(const struct run_doc *doc, double *v), double *median)
{
	double v[COMPARE_MAX_BOOTS];
	size_t nr = 0;

	for (size_t i = 0; i < s->nr; i++) {
		int err = figure(&s->docs[i], &v[nr]);

		if (err && err != -ENODATA)
			return err;
		nr += !err;
	}
	if (figure == ref_median)
		nr = drop_slowed(v, nr);
	return nr ? stats_median(v, nr, median) : -ENODATA;
}

int noise_of_sides(const struct comparison_table *t, struct noise *n)
{
	const struct comparison_side *const sides[] = { &t->a, &t->b };
	double floor, ref[2];
	int err, nr_refs = 0;

	for (int i = 0; i < 2; i++) {
		err = side_median(sides[i], aa_outer, &floor);
		if (!err) {
			n->floor = fmax(n->floor, floor);
			n->is_known = true;
		}
		if (!err || err == -ENODATA)
			err = side_median(sides[i], ref_median, &ref[i]);
		if (err && err != -ENODATA)
			return err;
		nr_refs += !err;
	}
	if (nr_refs == 2)
		noise_add(n, ref[1] - ref[0], fmin(ref[0], ref[1]));
	return 0;
}

int noise_add_row(struct noise *n, const struct units *a, const struct units *b)
{
	double shift, median_a, median_b;
	struct interval iv;
	int err;

	if (!a->nr || !b->nr)
		return 0;
	err = stats_hl_shift(a->v, a->nr, b->v, b->nr, 1 - COMPARE_ALPHA, &shift, &iv);
	if (!err)
		err = stats_median(a->v, a->nr, &median_a);
	if (!err)
		err = stats_median(b->v, b->nr, &median_b);
	if (!err)
		noise_add(n, fmax(fabs(iv.lo), fabs(iv.hi)), fmin(median_a, median_b));
	return err;
}
