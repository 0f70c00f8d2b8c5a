// SPDX-License-Identifier: GPL-2.0-only
/*
 * A row in counts: exact figures are compared as such, others by their intervals. Of several boots that
 * do not repeat, which those with other seeds need not, the interval is what holds all of theirs.
 */
#include "compare_row.h"

#include <math.h>
#include <string.h>

#define EXACT_TOLERANCE 1e-9	/* relative: the rounding of elapsed / done */
#define COUNT_MOVES	0.01	/* of raw; the most that was seen is 0.8 % (docs/method.md) */

static bool is_equal(double x, double y)
{
	return fabs(x - y) <= EXACT_TOLERANCE * fmax(fabs(x), fabs(y));
}

void conclude_exact(struct comparison *c)
{
	c->shift_iv = (struct interval){ .lo = c->shift, .hi = c->shift, .level = 1 };
	if (is_equal(c->value_a, c->value_b) || fabs(c->shift) <= c->delta)
		conclude(c, VERDICT_SAME, "%s", "");
	else
		conclude_shift(c, c->shift > 0);
}

static bool figures_agree(const struct figures *f)
{
	for (size_t i = 1; i < f->nr; i++)
		if (!is_equal(f->est[0]->value, f->est[i]->value))
			return false;
	return true;
}

bool figures_repeat(const struct figures *f)
{
	for (size_t i = 0; i < f->nr; i++)
		if (f->est[i]->quality != QUALITY_EXACT)
			return false;
	return figures_agree(f);
}

/* What holds all intervals of a side, which covers at least as often as the best of them. */
static struct interval figures_hull(const struct figures *f)
{
	struct interval iv = { f->est[0]->lo, f->est[0]->hi, f->est[0]->level };

	for (size_t i = 1; i < f->nr; i++) {
		iv.lo = fmin(iv.lo, f->est[i]->lo);
		iv.hi = fmax(iv.hi, f->est[i]->hi);
		iv.level = fmax(iv.level, f->est[i]->level);
	}
	return iv;
}

/* How far counts may be apart without a change of what was counted. */
struct slack {
	double rounding;	/* by the clock's */
	double gross;		/* what where memory lies makes a part of */
	bool is_user_loop;
};

/* One count of a batch, per operation, of the smallest batch there is; 0 without samples. */
static double count_of(const struct result *r)
{
	const struct sample_set *raw = &r->samples[SLOT_RAW];
	double count = 0;

	for (size_t i = 0; i < raw->nr; i++)
		count = fmax(count, 1.0 / (double)raw->v[i].done);
	return count * (1 + EXACT_TOLERANCE);
}

static void slack_add(struct slack *s, const struct result *r, double counts, double weight)
{
	const struct metric *raw = result_metric(r, "raw");

	s->rounding += weight * counts * count_of(r);
	s->gross += raw ? weight * fabs(raw->est.value) : 0;
	s->is_user_loop |= r->is_user_loop;
}

/* Of a line's slope: each point as far off as it may be, in the worst direction. */
static void slack_add_points(struct slack *s, const struct run_doc *doc, const struct result *slope)
{
	double n = 0, mean = 0, sxx = 0;

	for (size_t i = 0; i < doc->nr_results; i++) {
		if (!result_is_point_of(&doc->results[i], slope))
			continue;
		mean += (double)doc->results[i].params[0].value;
		n++;
	}
	mean /= fmax(n, 1);
	for (size_t i = 0; i < doc->nr_results; i++)
		if (result_is_point_of(&doc->results[i], slope))
			sxx += pow((double)doc->results[i].params[0].value - mean, 2);
	for (size_t i = 0; i < doc->nr_results && sxx > 0; i++) {
		const struct result *r = &doc->results[i];

		if (result_is_point_of(r, slope))
			slack_add(s, r, 2, fabs((double)r->params[0].value - mean) / sxx);
	}
}

/*
 * The clock is read in whole counts: batches of equal code, begun at other fractions of a count,
 * differ by up to one, the differences of two pairs by up to two.
 */
static struct slack slack_of(const struct run_doc *doc, const struct result *r, const char *metric)
{
	struct slack s = {};

	if (!strcmp(metric, "net"))
		slack_add(&s, r, 2, 1);
	else if (!strcmp(metric, "raw"))
		slack_add(&s, r, 1, 1);
	else if (!strcmp(metric, "slope"))
		slack_add_points(&s, doc, r);
	return s;
}

static void slack_widen(struct slack *s, const struct figures *f, const char *metric)
{
	for (size_t i = 0; i < f->nr; i++) {
		const struct slack of_boot = slack_of(f->doc[i], f->r[i], metric);

		s->rounding = fmax(s->rounding, of_boot.rounding);
		s->gross = fmax(s->gross, of_boot.gross);
		s->is_user_loop |= of_boot.is_user_loop;
	}
}

static void judge_counts(struct comparison *c, const struct figures *a, const struct figures *b,
			 const struct slack *slack)
{
	bool a_agrees = figures_agree(a), b_agrees = figures_agree(b);
	const struct interval hull_a = figures_hull(a), hull_b = figures_hull(b);

	c->delta = slack->rounding;
	if (figures_repeat(a) && figures_repeat(b)) {
		conclude_exact(c);
		return;
	}
	conclude_intervals(c, &hull_a, &hull_b);
	if (c->verdict != VERDICT_SAME && (!a_agrees || !b_agrees))
		conclude(c, c->verdict, "boots of %s disagree", b_agrees ? "A" :
			 a_agrees ? "B" : "A and of B");
}

static unsigned int nr_seeds(const struct figures *f)
{
	unsigned int nr = 0;

	for (size_t i = 0, k; i < f->nr; i++) {
		for (k = 0; k < i && f->doc[k]->header.seed != f->doc[i]->header.seed; k++)
			;
		nr += k == i;
	}
	return nr;
}

/*
 * What user space repeats takes memory from the kernel, and where that lies moves its count. So
 * little of the gross figure is a change only if boots of other seeds show it, too.
 */
static void doubt_counts(struct comparison *c, const struct figures *a, const struct figures *b,
			 const struct slack *slack)
{
	double least = fmin(fabs(c->shift_iv.lo), fabs(c->shift_iv.hi));

	if ((c->verdict != VERDICT_SLOWER && c->verdict != VERDICT_FASTER) ||
	    !slack->is_user_loop || least > COUNT_MOVES * slack->gross ||
	    (nr_seeds(a) >= COMPARE_MIN_BOOTS && nr_seeds(b) >= COMPARE_MIN_BOOTS))
		return;
	conclude(c, VERDICT_UNRESOLVED, "where memory lies may move %.0f %% of raw: %u boots of "
		 "other seeds a side tell", 100 * COUNT_MOVES, COMPARE_MIN_BOOTS);
	c->is_open = true;
}

void compare_counts(struct comparison *c, const struct figures *a, const struct figures *b,
		    enum clock_kind clock)
{
	struct slack slack = {};

	slack_widen(&slack, a, c->metric->name);
	slack_widen(&slack, b, c->metric->name);
	judge_counts(c, a, b, &slack);
	if (clock == CLOCK_KIND_INSN)
		doubt_counts(c, a, b, &slack);
}
