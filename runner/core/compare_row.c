// SPDX-License-Identifier: GPL-2.0-only
/*
 * One row of a comparison; of counts: compare_counts.c.
 *
 * Time: the unit is the load, or with several boots the boot, whose value is the row's figure in
 * its document. A row is slower or faster when a Mann-Whitney test rejects "b - a is within
 * +-delta" (compare_noise.c) after Holm's correction over all tested rows, same when the
 * Hodges-Lehmann interval is inside +-delta.
 */
#include "compare_row.h"
#include "slowed.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void conclude(struct comparison *c, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	doc_end_text(c->why);
	c->verdict = v;
}

void conclude_shift(struct comparison *c, bool is_up)
{
	if (c->metric->better == BETTER_NEITHER)
		conclude(c, VERDICT_NA, "changed, which is neither faster nor slower");
	else if (is_up == (c->metric->better == BETTER_LOWER))
		conclude(c, VERDICT_SLOWER, "%s", "");
	else
		conclude(c, VERDICT_FASTER, "%s", "");
}

void conclude_intervals(struct comparison *c, const struct interval *a, const struct interval *b)
{
	const struct interval iv = {
		.lo = b->lo - a->hi, .hi = b->hi - a->lo,
		.level = fmax(0, a->level + b->level - 1),
	};

	c->shift_iv = iv;
	if (iv.lo > c->delta || iv.hi < -c->delta)
		conclude_shift(c, iv.lo > c->delta);
	else if (iv.lo >= -c->delta && iv.hi <= c->delta)
		conclude(c, VERDICT_SAME, "%s", "");
	else
		conclude(c, VERDICT_UNRESOLVED, "the intervals overlap%s",
			 c->delta > 0 ? " within delta" : "");
}

static void figures_read(const struct row_side *s, const char *metric, struct figures *f)
{
	f->nr = 0;
	for (size_t i = 0; i < s->nr; i++) {
		const struct result *r = s->v[i].r;
		const struct metric *m = result_metric(r, metric);

		if (r->status != STATUS_OK || !m || m->est.quality == QUALITY_UNSTABLE)
			continue;
		f->r[f->nr] = r;
		f->doc[f->nr] = s->v[i].doc;
		f->est[f->nr++] = &m->est;
	}
}

/* What the reference loop took beside the row; 0: there was none. */
static double ref_of(const struct result *r)
{
	const struct metric *m = result_metric(r, "ref");

	return m ? fmax(m->est.value, 0) : 0;
}

/*
 * Leaves out the boots in which the machine was slow around the row: the reference loop beside it
 * took longer than the side's own fastest allows. That the sides differ in it remains (delta).
 */
static void figures_drop_slowed(struct figures *f)
{
	double ref[COMPARE_MAX_BOOTS], limit = INFINITY;
	size_t nr = 0;

	for (size_t i = 0; i < f->nr; i++) {
		ref[i] = ref_of(f->r[i]);
		if (ref[i] > 0)
			limit = fmin(limit, slowed_limit(ref[i]));
	}
	for (size_t i = 0; i < f->nr; i++) {
		if (ref[i] > limit)
			continue;
		f->r[nr] = f->r[i];
		f->doc[nr] = f->doc[i];
		f->est[nr++] = f->est[i];
	}
	f->nr = nr;
}

static int figures_median(const struct figures *f, double *median)
{
	double v[COMPARE_MAX_BOOTS];

	for (size_t i = 0; i < f->nr; i++)
		v[i] = f->est[i]->value;
	return stats_median(v, f->nr, median);
}

/* What the loop times per operation, which the A/A is the floor of. */
static bool is_timed(const char *metric)
{
	return !strcmp(metric, "net") || !strcmp(metric, "raw");
}

/* More loads than the exact tests take become medians of as many equal runs of neighbours. */
static int loads_fold(const double *v, size_t nr, struct units *l)
{
	l->nr = nr < COMPARE_MAX_BOOTS ? nr : COMPARE_MAX_BOOTS;
	for (size_t i = 0; i < l->nr; i++) {
		size_t from = i * nr / l->nr, to = (i + 1) * nr / l->nr;
		int err = stats_median(v + from, to - from, &l->v[i]);

		if (err)
			return err;
	}
	return 0;
}

/* 0 with l->nr = 0 when there are no samples, or none that count. */
static int loads_read(const struct sample_set *raw, const struct sample_set *base, struct units *l)
{
	double *v;
	int nr;

	l->nr = 0;
	if (!raw->nr || (base && !base->nr))
		return 0;
	v = malloc(raw->nr * sizeof(*v));
	if (!v)
		return -ENOMEM;
	nr = estimate_loads(raw, base, CLOCK_KIND_NS, v, (uint32_t)raw->nr);
	if (nr > 0)
		nr = loads_fold(v, (size_t)nr, l);
	free(v);
	return nr == -ENODATA ? 0 : nr;
}

/* The loads of a row's figure; none for a metric that is not made of samples. */
static int row_loads(const char *metric, const struct result *r, struct units *l)
{
	l->nr = 0;
	if (!strcmp(metric, "net"))
		return loads_read(&r->samples[SLOT_RAW], &r->samples[SLOT_BASE], l);
	if (!strcmp(metric, "raw"))
		return loads_read(&r->samples[SLOT_RAW], NULL, l);
	return 0;
}

/*
 * Boots differ by the clock's frequency, which reference loop and row show alike: all are taken to
 * one. The loop is made by the kernel's JIT, too: by how far it is apart on the two sides the
 * figures may be wrong, and delta is no less than that (noise_add_row()).
 */
static void units_at_frequency(struct units *u, const struct units *ref, double common)
{
	for (size_t i = 0; i < u->nr; i++)
		u->v[i] *= common / ref->v[i];
}

/* The units of the figure and of the reference loop beside it. */
static int units_read(const struct figures *f, const char *metric, bool by_boot, struct units *u,
		      struct units *ref)
{
	int err;

	u->nr = ref->nr = 0;
	if (!by_boot) {
		err = row_loads(metric, f->r[0], u);
		return err ? err : loads_read(&f->r[0]->samples[SLOT_REF], NULL, ref);
	}
	for (size_t i = 0; i < f->nr; i++) {
		u->v[u->nr++] = f->est[i]->value;
		if (ref_of(f->r[i]) > 0)
			ref->v[ref->nr++] = ref_of(f->r[i]);
	}
	return 0;
}

/* What an error of a net is relative to: the median over the boots of hypot(raw, base). */
static int net_scale(const struct figures *f, double *scale)
{
	double v[COMPARE_MAX_BOOTS];

	for (size_t i = 0; i < f->nr; i++) {
		const struct metric *raw = result_metric(f->r[i], "raw");
		const struct metric *base = result_metric(f->r[i], "base");

		v[i] = hypot(raw ? raw->est.value : 0, base ? base->est.value : 0);
	}
	return stats_median(v, f->nr, scale);
}

static int row_delta(struct comparison *c, const struct figures *a, const struct figures *b,
		     const struct noise *n)
{
	double scale = fmax(fabs(c->value_a), fabs(c->value_b)), of_a = 0, of_b = 0;
	int err = 0;

	if (!strcmp(c->metric->name, "net")) {
		err = net_scale(a, &of_a);
		if (!err)
			err = net_scale(b, &of_b);
		scale = fmax(scale, fmax(of_a, of_b));
	}
	c->delta = fmax(is_timed(c->metric->name) ? n->floor : 0,
			fmax(c->metric->min_effect, n->relative) * scale);
	return err;
}

static int test_units(struct comparison *c, const struct units *a, const struct units *b,
		      double level)
{
	double up, down;
	int err;

	err = stats_hl_shift(a->v, a->nr, b->v, b->nr, level, &c->shift, &c->shift_iv);
	if (!err)
		err = stats_mw_greater(a->v, a->nr, b->v, b->nr, c->delta, &up);
	if (!err)
		err = stats_mw_greater(b->v, b->nr, a->v, a->nr, c->delta, &down);
	if (err)
		return err;
	c->p = fmin(1, 2 * fmin(up, down));
	/* Until Holm has seen the whole table. */
	conclude(c, VERDICT_UNRESOLVED, "%s", "");
	return 0;
}

/* The best level of a Mann-Whitney interval of so many: 1 - 2 / C(na + nb, na). */
static double best_level(size_t na, size_t nb)
{
	double subsets = 1;

	for (size_t i = 1; i <= na; i++)
		subsets *= (double)(nb + i) / (double)i;
	return 1 - 2 / subsets;
}

static bool has_enough_boots(struct comparison *c)
{
	unsigned int nr = c->nr_a < c->nr_b ? c->nr_a : c->nr_b;

	if (nr >= COMPARE_MIN_BOOTS)
		return true;
	c->p = 1;
	c->is_open = true;
	conclude(c, VERDICT_UNRESOLVED, "too few boots: %u and %u reach %.1f %% at best (%u a side "
		 "are the least)", c->nr_a, c->nr_b, 100 * best_level(c->nr_a, c->nr_b),
		 COMPARE_MIN_BOOTS);
	return false;
}

/* As compare_row(). */
static int compare_time(struct comparison *c, const struct figures *a, const struct figures *b,
			const struct row_rule *rule)
{
	struct units ua, ub, ref_a, ref_b;
	struct noise n = rule->noise;
	bool is_tested;
	int err;

	err = units_read(a, c->metric->name, rule->by_boot, &ua, &ref_a);
	if (!err)
		err = units_read(b, c->metric->name, rule->by_boot, &ub, &ref_b);
	if (!err && rule->by_boot && is_timed(c->metric->name) && ua.nr == ref_a.nr &&
	    ub.nr == ref_b.nr) {
		double common = (units_mean(&ref_a) + units_mean(&ref_b)) / 2;

		units_at_frequency(&ua, &ref_a, common);
		units_at_frequency(&ub, &ref_b, common);
	}
	if (!err)
		err = noise_add_row(&n, &ref_a, &ref_b, rule->by_boot);
	if (!err)
		err = row_delta(c, a, b, &n);
	is_tested = !err && ua.nr && ub.nr;
	if (is_tested)
		err = test_units(c, &ua, &ub, rule->level);
	if (err)
		return err;
	if (!is_tested)
		conclude_intervals(c, &(struct interval){ a->est[0]->lo, a->est[0]->hi,
							  a->est[0]->level },
				   &(struct interval){ b->est[0]->lo, b->est[0]->hi,
						       b->est[0]->level });
	if (!n.is_known) {
		c->p = 1;
		conclude(c, VERDICT_UNRESOLVED,
			 "noise unknown: neither selfcheck/empty nor reference loop in both");
		return 0;
	}
	return is_tested && (!rule->by_boot || has_enough_boots(c));
}

/*
 * The boot that speaks for a side that has no usable figure, and for what it does not differ in:
 * the first that was measured, else the first that failed, else the first.
 */
static const struct result *speaker(const struct row_side *s)
{
	const struct result *found = s->nr ? s->v[0].r : NULL;

	for (size_t i = 0; i < s->nr; i++) {
		if (s->v[i].r->status == STATUS_OK)
			return s->v[i].r;
		if (!status_is_failure(found->status) && status_is_failure(s->v[i].r->status))
			found = s->v[i].r;
	}
	return found;
}

/* The headline, or what both have first that can be better or worse. */
static const struct metric_def *common_metric(const struct result *a, const struct result *b)
{
	const struct metric *ma = result_headline(a), *mb = result_headline(b);

	if (ma && mb && ma->def == mb->def)
		return ma->def;
	for (int i = 0; i < a->nr_metrics; i++) {
		const struct metric_def *def = a->metrics[i].def;

		if (def->better != BETTER_NEITHER && result_metric(b, def->name))
			return def;
	}
	return NULL;
}

static const char *missing_reason(const struct result *r)
{
	return r->reason ? r->reason : "no reason given";
}

/* Whether both sides were measured and have a figure in common; says so if not. */
static bool row_is_comparable(struct comparison *c)
{
	const struct result *a = c->a, *b = c->b;

	if (!a || !b) {
		conclude(c, VERDICT_NA, "only in %s", a ? "A" : "B");
	} else if (a->status != STATUS_OK && b->status != STATUS_OK) {
		conclude(c, VERDICT_NA, "%s in A, %s in B: %s", status_name(a->status),
			 status_name(b->status), missing_reason(b));
	} else if (a->status != STATUS_OK || b->status != STATUS_OK) {
		const struct result *r = a->status != STATUS_OK ? a : b;

		conclude(c, VERDICT_NA, "%s in %s: %s", status_name(r->status), r == a ? "A" : "B",
			 missing_reason(r));
	} else {
		c->metric = common_metric(a, b);
		if (c->metric)
			return true;
		conclude(c, VERDICT_NA, "no figure that both have");
	}
	return false;
}

/* The values of the row, of a side without a usable one what its speaker says. */
static int row_values(struct comparison *c, const struct figures *a, const struct figures *b)
{
	int err = 0;

	c->nr_a = (unsigned int)a->nr;
	c->nr_b = (unsigned int)b->nr;
	c->value_a = result_metric(c->a, c->metric->name)->est.value;
	c->value_b = result_metric(c->b, c->metric->name)->est.value;
	if (a->nr)
		err = figures_median(a, &c->value_a);
	if (b->nr && !err)
		err = figures_median(b, &c->value_b);
	c->shift = c->value_b - c->value_a;
	return err;
}

int compare_row(struct comparison *c, const struct row_side *a, const struct row_side *b,
		const struct row_rule *rule)
{
	struct figures fa, fb;
	int err;

	c->a = speaker(a);
	c->b = speaker(b);
	c->of_a = (unsigned int)a->nr;
	c->of_b = (unsigned int)b->nr;
	c->p = 1;
	if (!row_is_comparable(c))
		return 0;
	figures_read(a, c->metric->name, &fa);
	figures_read(b, c->metric->name, &fb);
	if (rule->clock == CLOCK_KIND_NS) {
		figures_drop_slowed(&fa);
		figures_drop_slowed(&fb);
	}
	err = row_values(c, &fa, &fb);
	if (err)
		return err;
	if (!fa.nr || !fb.nr) {
		conclude(c, VERDICT_NA, "unstable in %s", fb.nr ? "A" : fa.nr ? "B" : "both");
		return 0;
	}
	if (rule->clock == CLOCK_KIND_INSN || (figures_repeat(&fa) && figures_repeat(&fb))) {
		compare_counts(c, &fa, &fb, rule->clock);
		return 0;
	}
	return compare_time(c, &fa, &fb, rule);
}
