// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two documents, row by row.
 *
 * Counted guests: exact figures are compared as such, inexact ones by their intervals.
 *
 * Time: the unit is the load. A row is slower or faster when a Mann-Whitney test rejects "b - a is
 * within +-delta" after Holm's correction over all tested rows (family-wise error 5 % for what
 * the loads can see), same when the 95 % Hodges-Lehmann interval is inside +-delta.
 *
 * What the loads cannot see is that everything may have moved between the two runs, so
 *
 *	delta = max(floor, max(min_effect, noise) * scale)
 *
 * floor (in the metric's unit) = the outer end of the A/A interval of either document: what a fresh
 * load of the same code does to an operation, mostly where its image lies, is some fraction of a ns
 * for a short operation as for a long one. It is a floor for what the loop times (net and raw).
 * noise (relative) = the larger of
 *  - how far the median of the reference loop moved between the documents,
 *  - of the row at hand: the outer end of the interval of that movement.
 * scale = hypot(raw, base) for a net, of the document where it is larger (A against B and B against
 * A then agree): raw and base each err by some fraction of themselves, so the error of their
 * difference is that fraction of hypot(raw, base), however small the net; a common drift moves the
 * net by less.
 */
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 0.05
#define LEVEL 0.95
#define MAX_LOADS 64		/* bound of stats_hl_shift() */
#define AA_ID "selfcheck/empty"	/* its baseline is its twin */
#define EXACT_TOLERANCE 1e-9	/* relative: the rounding of elapsed / done */

/* Shown when they differ, whether or not they differ in a headline that was resolved. */
static const char *const size_metrics[] = { "verified_insns", "xlated", "jited" };
#define NR_SIZE_METRICS (sizeof(size_metrics) / sizeof(size_metrics[0]))

const char *verdict_name(enum verdict v)
{
	static const char *const names[NR_VERDICTS] = {
		[VERDICT_SAME] = "same",
		[VERDICT_FASTER] = "faster",
		[VERDICT_SLOWER] = "slower",
		[VERDICT_UNRESOLVED] = "unresolved",
		[VERDICT_NA] = "n/a",
	};

	return names[v];
}

__attribute__((format(printf, 3, 4)))
static void conclude(struct comparison *c, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	doc_end_text(c->why);
	c->verdict = v;
}

/* What a shift that is really there means for the metric. */
static void conclude_shift(struct comparison *c, bool is_up)
{
	if (c->metric->better == BETTER_NEITHER)
		conclude(c, VERDICT_NA, "changed, which is neither faster nor slower");
	else if (is_up == (c->metric->better == BETTER_LOWER))
		conclude(c, VERDICT_SLOWER, "%s", "");
	else
		conclude(c, VERDICT_FASTER, "%s", "");
}

static void compare_exact(struct comparison *c)
{
	c->shift_iv = (struct interval){ .lo = c->shift, .hi = c->shift, .level = 1 };
	if (fabs(c->shift) <= EXACT_TOLERANCE * fmax(fabs(c->value_a), fabs(c->value_b)))
		conclude(c, VERDICT_SAME, "%s", "");
	else
		conclude_shift(c, c->shift > 0);
}

/* Without loads: the interval of a difference that two intervals allow, by Bonferroni. */
static void compare_intervals(struct comparison *c, const struct estimate *a,
			      const struct estimate *b)
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

/* Per-load values of one figure of one document, at most MAX_LOADS. */
struct loads {
	double v[MAX_LOADS];
	size_t nr;
};

/* More loads than the exact tests take become medians of as many equal runs of neighbours. */
static int loads_fold(const double *v, size_t nr, struct loads *l)
{
	l->nr = nr < MAX_LOADS ? nr : MAX_LOADS;
	for (size_t i = 0; i < l->nr; i++) {
		size_t from = i * nr / l->nr, to = (i + 1) * nr / l->nr;
		int err = stats_median(v + from, to - from, &l->v[i]);

		if (err)
			return err;
	}
	return 0;
}

/* 0 with l->nr = 0 when there are no samples, or none that count. */
static int loads_read(const struct sample_set *raw, const struct sample_set *base, struct loads *l)
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
static int row_loads(const struct comparison *c, const struct result *r, struct loads *l)
{
	l->nr = 0;
	if (!strcmp(c->metric->name, "net"))
		return loads_read(&r->samples[SLOT_RAW], &r->samples[SLOT_BASE], l);
	if (!strcmp(c->metric->name, "raw"))
		return loads_read(&r->samples[SLOT_RAW], NULL, l);
	return 0;
}

/* What an error of a net is relative to: see the head of this file. */
static double net_scale(const struct result *r)
{
	const struct metric *raw = result_metric(r, "raw"), *base = result_metric(r, "base");

	return hypot(raw ? raw->est.value : 0, base ? base->est.value : 0);
}

/* What the loop times per operation, which the A/A is the floor of. */
static bool is_timed(const struct metric_def *metric)
{
	return !strcmp(metric->name, "net") || !strcmp(metric->name, "raw");
}

static double row_scale(const struct comparison *c)
{
	double scale = fmax(fabs(c->value_a), fabs(c->value_b));

	if (!strcmp(c->metric->name, "net"))
		scale = fmax(scale, fmax(net_scale(c->a), net_scale(c->b)));
	return scale;
}

/* The noise floor as far as it is known: the largest of what was seen, and whether anything was. */
struct noise {
	double relative;
	double floor;		/* in the clock's unit per operation */
	bool is_known;
};

static void noise_add(struct noise *n, double moved, double scale)
{
	if (!(scale > 0))
		return;
	n->relative = fmax(n->relative, fabs(moved) / scale);
	n->is_known = true;
}

static void noise_add_aa(struct noise *n, const struct run_doc *doc)
{
	for (size_t i = 0; i < doc->nr_results; i++) {
		const struct result *r = &doc->results[i];
		const struct metric *net = result_metric(r, "net");
		size_t sz = strlen(AA_ID);

		if (r->status != STATUS_OK || !net || strncmp(r->id, AA_ID, sz) ||
		    (r->id[sz] && r->id[sz] != ':'))
			continue;
		n->floor = fmax(n->floor, fmax(fabs(net->est.lo), fabs(net->est.hi)));
		n->is_known = true;
	}
}

/* Median over the results of a document of the median of their reference loop; 0: there is none. */
static int ref_median(const struct run_doc *doc, double *median)
{
	double *v = malloc((doc->nr_results + 1) * sizeof(*v));
	struct loads l;
	size_t nr = 0;
	int err = v ? 0 : -ENOMEM;

	*median = 0;
	for (size_t i = 0; i < doc->nr_results && !err; i++) {
		err = loads_read(&doc->results[i].samples[SLOT_REF], NULL, &l);
		if (!err && l.nr)
			err = stats_median(l.v, l.nr, &v[nr++]);
	}
	if (!err && nr)
		err = stats_median(v, nr, median);
	free(v);
	return err;
}

static int doc_noise(const struct run_doc *a, const struct run_doc *b, struct noise *n)
{
	double ref_a, ref_b;
	int err;

	noise_add_aa(n, a);
	noise_add_aa(n, b);
	err = ref_median(a, &ref_a);
	if (!err)
		err = ref_median(b, &ref_b);
	if (!err)
		noise_add(n, ref_b - ref_a, fmin(ref_a, ref_b));
	return err;
}

/* How far the reference loop may have moved between the two measurements of one row. */
static int row_noise(const struct comparison *c, struct noise *n)
{
	double shift, median_a, median_b;
	struct interval iv;
	struct loads a, b;
	int err;

	err = loads_read(&c->a->samples[SLOT_REF], NULL, &a);
	if (!err)
		err = loads_read(&c->b->samples[SLOT_REF], NULL, &b);
	if (err || !a.nr || !b.nr)
		return err;
	err = stats_hl_shift(a.v, a.nr, b.v, b.nr, LEVEL, &shift, &iv);
	if (!err)
		err = stats_median(a.v, a.nr, &median_a);
	if (!err)
		err = stats_median(b.v, b.nr, &median_b);
	if (!err)
		noise_add(n, fmax(fabs(iv.lo), fabs(iv.hi)), fmin(median_a, median_b));
	return err;
}

static int test_loads(struct comparison *c, const struct loads *a, const struct loads *b)
{
	double up, down;
	int err;

	err = stats_hl_shift(a->v, a->nr, b->v, b->nr, LEVEL, &c->shift, &c->shift_iv);
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

/* 1: tested, the verdict waits for Holm; 0: there is a verdict; or -errno */
static int compare_time(struct comparison *c, const struct noise *of_docs)
{
	const struct metric *a = result_metric(c->a, c->metric->name);
	const struct metric *b = result_metric(c->b, c->metric->name);
	struct noise n = *of_docs;
	struct loads la, lb;
	int err;

	err = row_noise(c, &n);
	if (!err)
		err = row_loads(c, c->a, &la);
	if (!err)
		err = row_loads(c, c->b, &lb);
	if (err)
		return err;
	c->delta = fmax(is_timed(c->metric) ? n.floor : 0,
			fmax(c->metric->min_effect, n.relative) * row_scale(c));
	if (la.nr && lb.nr) {
		err = test_loads(c, &la, &lb);
		if (err)
			return err;
	} else {
		compare_intervals(c, &a->est, &b->est);
	}
	if (!n.is_known) {
		c->p = 1;
		conclude(c, VERDICT_UNRESOLVED,
			 "noise unknown: neither " AA_ID " nor reference loop in both");
		return 0;
	}
	return la.nr && lb.nr;
}

static void judge_tested(struct comparison *c)
{
	const struct interval *iv = &c->shift_iv;

	if (c->p <= ALPHA)
		conclude_shift(c, c->shift > 0);
	else if (iv->lo >= -c->delta && iv->hi <= c->delta && iv->level >= LEVEL)
		conclude(c, VERDICT_SAME, "%s", "");
	else if (iv->level < LEVEL)
		conclude(c, VERDICT_UNRESOLVED, "too few loads");
	else if (iv->lo > c->delta || iv->hi < -c->delta)
		conclude(c, VERDICT_UNRESOLVED, "beyond delta, but p = %.2g over the table", c->p);
	else
		conclude(c, VERDICT_UNRESOLVED, "the interval reaches across delta");
}

static int holm(struct comparison_table *t, const bool *tested, size_t nr_tested)
{
	double *p = malloc(2 * nr_tested * sizeof(*p));
	size_t k = 0;
	int err;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < t->nr; i++)
		if (tested[i])
			p[k++] = t->v[i].p;
	err = stats_holm(p, nr_tested, p + nr_tested);
	k = nr_tested;
	for (size_t i = 0; i < t->nr && !err; i++) {
		if (!tested[i])
			continue;
		t->v[i].p = p[k++];
		judge_tested(&t->v[i]);
	}
	free(p);
	return err;
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

/* Whether the row has two figures that may be compared; says so if not. */
static bool row_is_comparable(struct comparison *c)
{
	const struct result *a = c->a, *b = c->b;
	const struct metric *ma, *mb;

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
		if (!c->metric) {
			conclude(c, VERDICT_NA, "no figure that both have");
			return false;
		}
		ma = result_metric(a, c->metric->name);
		mb = result_metric(b, c->metric->name);
		c->value_a = ma->est.value;
		c->value_b = mb->est.value;
		c->shift = c->value_b - c->value_a;
		if (ma->est.quality != QUALITY_UNSTABLE && mb->est.quality != QUALITY_UNSTABLE)
			return true;
		conclude(c, VERDICT_NA, "unstable in %s", mb->est.quality != QUALITY_UNSTABLE ?
			 "A" : ma->est.quality != QUALITY_UNSTABLE ? "B" : "both");
	}
	return false;
}

static bool is_exact(const struct comparison *c)
{
	return result_metric(c->a, c->metric->name)->est.quality == QUALITY_EXACT &&
	       result_metric(c->b, c->metric->name)->est.quality == QUALITY_EXACT;
}

/* As compare_time(). */
static int compare_row(struct comparison *c, enum clock_kind clock, const struct noise *noise)
{
	if (!row_is_comparable(c))
		return 0;
	if (is_exact(c)) {
		compare_exact(c);
		return 0;
	}
	if (clock == CLOCK_KIND_INSN) {
		compare_intervals(c, &result_metric(c->a, c->metric->name)->est,
				  &result_metric(c->b, c->metric->name)->est);
		return 0;
	}
	return compare_time(c, noise);
}

/* Exact figures beside the headline, where they differ; never a headline: neither way is better. */
static void add_sizes(struct comparison_table *t)
{
	const struct comparison headline = t->v[t->nr - 1];

	if (!headline.a || !headline.b || headline.a->status != STATUS_OK ||
	    headline.b->status != STATUS_OK)
		return;
	for (size_t i = 0; i < NR_SIZE_METRICS; i++) {
		const struct metric *a = result_metric(headline.a, size_metrics[i]);
		const struct metric *b = result_metric(headline.b, size_metrics[i]);
		struct comparison *c = &t->v[t->nr];

		if (!a || !b || a->est.value == b->est.value)
			continue;
		*c = (struct comparison){
			.id = headline.id, .a = headline.a, .b = headline.b, .metric = a->def,
			.value_a = a->est.value, .value_b = b->est.value,
			.shift = b->est.value - a->est.value, .p = 1,
		};
		compare_exact(c);
		t->nr++;
	}
}

static int compare_by_id(const void *a, const void *b)
{
	const struct result *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

struct index {
	const struct result **v;
	size_t nr;
};

static int index_build(struct index *x, const struct run_doc *doc)
{
	x->nr = doc->nr_results;
	x->v = malloc((x->nr + 1) * sizeof(*x->v));
	if (!x->v)
		return -ENOMEM;
	for (size_t i = 0; i < x->nr; i++)
		x->v[i] = &doc->results[i];
	qsort(x->v, x->nr, sizeof(*x->v), compare_by_id);
	return 0;
}

static const struct result *index_find(const struct index *x, const struct result *key)
{
	const struct result **found = bsearch(&key, x->v, x->nr, sizeof(*x->v), compare_by_id);

	return found ? *found : NULL;
}

static int add_row(struct comparison_table *t, const struct result *a, const struct result *b,
		   const struct noise *noise, bool *tested)
{
	struct comparison *c = &t->v[t->nr];
	int ret;

	c->id = a ? a->id : b->id;
	c->a = a;
	c->b = b;
	c->p = 1;
	ret = compare_row(c, t->clock, noise);
	if (ret < 0)
		return ret;
	tested[t->nr++] = ret;
	add_sizes(t);
	return ret;
}

/* A's rows, then those that only B has. Returns how many Holm must see, or -ENOMEM. */
static int add_rows(struct comparison_table *t, const struct run_doc *a, const struct run_doc *b,
		    const struct noise *noise, bool *tested)
{
	struct index in_a = { 0 }, in_b = { 0 };
	int ret, nr = 0;

	ret = index_build(&in_a, a);
	if (!ret)
		ret = index_build(&in_b, b);
	for (size_t i = 0; i < a->nr_results && ret >= 0; i++, nr += ret > 0)
		ret = add_row(t, &a->results[i], index_find(&in_b, &a->results[i]), noise, tested);
	for (size_t i = 0; i < b->nr_results && ret >= 0; i++)
		if (!index_find(&in_a, &b->results[i]))
			ret = add_row(t, NULL, &b->results[i], noise, tested);
	free(in_a.v);
	free(in_b.v);
	return ret < 0 ? ret : nr;
}

int compare_docs(const struct run_doc *a, const struct run_doc *b, struct comparison_table *t,
		 char *err, size_t err_sz)
{
	size_t cap = (a->nr_results + b->nr_results) * (1 + NR_SIZE_METRICS) + 1;
	struct noise noise = { 0 };
	bool *tested = NULL;
	int ret = -ENOMEM;

	*t = (struct comparison_table){ .clock = a->header.clock };
	if (a->header.clock != b->header.clock) {
		snprintf(err, err_sz, "A was measured by the %s clock, B by the %s clock",
			 clock_kind_name(a->header.clock), clock_kind_name(b->header.clock));
		return -EINVAL;
	}
	t->exact = t->clock == CLOCK_KIND_INSN;
	t->v = calloc(cap, sizeof(*t->v));
	tested = calloc(cap, sizeof(*tested));
	if (t->v && tested)
		ret = compare_env(&a->header, &b->header, &t->env_diffs, &t->nr_env_diffs);
	if (!ret && !t->exact)
		ret = doc_noise(a, b, &noise);
	if (!ret)
		ret = add_rows(t, a, b, &noise, tested);
	if (ret > 0)
		ret = holm(t, tested, (size_t)ret);
	free(tested);
	if (ret) {
		comparison_table_free(t);
		snprintf(err, err_sz, "out of memory");
		return ret;
	}
	t->noise = noise.relative;
	t->noise_floor = noise.floor;
	for (size_t i = 0; i < t->nr; i++)
		if (!t->v[i].metric || t->v[i].metric->better != BETTER_NEITHER)
			t->nr_verdicts[t->v[i].verdict]++;
	return 0;
}

void comparison_table_free(struct comparison_table *t)
{
	for (int i = 0; i < t->nr_env_diffs; i++)
		free(t->env_diffs[i]);
	free(t->env_diffs);
	free(t->v);
	*t = (struct comparison_table){ 0 };
}
