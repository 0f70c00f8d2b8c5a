// SPDX-License-Identifier: GPL-2.0-only
/*
 * Documents of two kernels, row by row (compare_row.c), and what holds for the table as a whole:
 * Holm's correction over all tested rows, so that of a table with no difference at most 5 % show
 * one, however many looks were taken at it.
 *
 * Looks: a run that ends as soon as all is settled has looked several times, and each look may err.
 * The number of looks is planned beforehand and stands in each boot's environment; a table of k
 * planned looks uses 5 % / k (Bonferroni: whatever the looks have in common, and whether the
 * later ones were needed or not).
 */
#include "compare_row.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BOOTS_A_LOOK 3u

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

unsigned int compare_next_look(unsigned int boots, unsigned int max)
{
	unsigned int next = boots ? boots + BOOTS_A_LOOK : COMPARE_MIN_BOOTS;

	/* The last look would otherwise have one or two boots more than the one before. */
	return next + BOOTS_A_LOOK > max ? max : next;
}

unsigned int compare_nr_looks(unsigned int max)
{
	unsigned int nr = 1;

	for (unsigned int at = compare_next_look(0, max); at < max; nr++)
		at = compare_next_look(at, max);
	return nr;
}

unsigned int compare_boots_needed(size_t nr, unsigned int nr_looks)
{
	double subsets = 20;	/* C(2n, n), n = 3 */
	unsigned int n = 3;

	do {
		n++;
		subsets *= (4.0 * n - 2) / n;
	} while (n < COMPARE_MIN_BOOTS || 2 / subsets * nr > COMPARE_ALPHA / nr_looks);
	return n;
}

/* What decided an unresolved row is what more boots would change. */
static void judge_tested(struct comparison *c, const struct comparison_table *t)
{
	const struct interval *iv = &c->shift_iv;

	if (c->p <= t->alpha) {
		conclude_shift(c, c->shift > 0);
		return;
	}
	if (iv->lo >= -c->delta && iv->hi <= c->delta && iv->level >= 1 - t->alpha) {
		conclude(c, VERDICT_SAME, "%s", "");
		return;
	}
	c->is_open = t->by_boot;
	if (iv->level < 1 - t->alpha)
		conclude(c, VERDICT_UNRESOLVED, "too few %s", t->by_boot ? "boots" : "loads");
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
		judge_tested(&t->v[i], t);
	}
	free(p);
	return err;
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
		conclude_exact(c);
		t->nr++;
	}
}

/* All results of the boots of a side, by ID and boot. */
struct index {
	struct boot *v;
	size_t nr;
};

static int compare_by_id(const void *a, const void *b)
{
	return strcmp(((const struct boot *)a)->r->id, ((const struct boot *)b)->r->id);
}

static int compare_by_boot(const void *a, const void *b)
{
	const struct boot *x = a, *y = b;
	int order = compare_by_id(x, y);

	return order ? order : (x->nr > y->nr) - (x->nr < y->nr);
}

static size_t count_results(const struct comparison_side *s)
{
	size_t nr = 0;

	for (size_t i = 0; i < s->nr; i++)
		nr += s->docs[i].nr_results;
	return nr;
}

static int index_build(struct index *x, const struct comparison_side *s)
{
	x->nr = 0;
	x->v = malloc((count_results(s) + 1) * sizeof(*x->v));
	if (!x->v)
		return -ENOMEM;
	for (size_t i = 0; i < s->nr; i++)
		for (size_t k = 0; k < s->docs[i].nr_results; k++)
			x->v[x->nr++] = (struct boot){
				.r = &s->docs[i].results[k], .doc = &s->docs[i], .nr = i,
			};
	qsort(x->v, x->nr, sizeof(*x->v), compare_by_boot);
	return 0;
}

static struct row_side index_find(const struct index *x, const struct result *r)
{
	const struct boot key = { .r = r };
	const struct boot *found = bsearch(&key, x->v, x->nr, sizeof(*x->v), compare_by_id), *end;

	if (!found)
		return (struct row_side){ 0 };
	for (end = found + 1; end < x->v + x->nr && !compare_by_id(end, &key); end++)
		;
	while (found > x->v && !compare_by_id(found - 1, &key))
		found--;
	return (struct row_side){ found, (size_t)(end - found) };
}

/* The rows that are being added to a table. */
struct rows {
	struct comparison_table *t;
	struct row_rule rule;
	struct index a, b;
	bool *tested;
	size_t nr_tested;
};

static int add_row(struct rows *rows, const struct row_side *a, const struct row_side *b)
{
	struct comparison_table *t = rows->t;
	struct comparison *c = &t->v[t->nr];
	int ret;

	c->id = (a->nr ? a : b)->v[0].r->id;
	ret = compare_row(c, a, b, &rows->rule);
	if (ret < 0)
		return ret;
	rows->nr_tested += ret;
	rows->tested[t->nr++] = ret;
	add_sizes(t);
	return 0;
}

/* The rows that boot @nr of the side is the first to have, of B only those that A lacks. */
static int add_boot(struct rows *rows, const struct comparison_side *s, size_t nr)
{
	const struct run_doc *doc = &s->docs[nr];
	int err = 0;

	for (size_t i = 0; i < doc->nr_results && !err; i++) {
		struct row_side a = index_find(&rows->a, &doc->results[i]);
		struct row_side b = index_find(&rows->b, &doc->results[i]);

		if (s == &rows->t->b ? !a.nr && b.v[0].nr == nr : a.v[0].nr == nr)
			err = add_row(rows, &a, &b);
	}
	return err;
}

static int add_rows(struct rows *rows)
{
	struct comparison_table *t = rows->t;
	int err = index_build(&rows->a, &t->a);

	if (!err)
		err = index_build(&rows->b, &t->b);
	for (size_t i = 0; i < t->a.nr && !err; i++)
		err = add_boot(rows, &t->a, i);
	for (size_t i = 0; i < t->b.nr && !err; i++)
		err = add_boot(rows, &t->b, i);
	free(rows->a.v);
	free(rows->b.v);
	return err;
}

static int fill_table(struct comparison_table *t)
{
	size_t cap = (count_results(&t->a) + count_results(&t->b)) * (1 + NR_SIZE_METRICS) + 1;
	struct rows rows = { .t = t };
	int err = -ENOMEM;

	rows.rule = (struct row_rule){
		.clock = t->clock, .by_boot = t->by_boot, .level = 1 - t->alpha,
	};
	t->v = calloc(cap, sizeof(*t->v));
	rows.tested = calloc(cap, sizeof(*rows.tested));
	if (t->v && rows.tested)
		err = compare_env(&t->a.docs->header, &t->b.docs->header, &t->env_diffs,
				  &t->nr_env_diffs);
	if (!err && !t->exact)
		err = noise_of_sides(t, &rows.rule.noise);
	if (!err)
		err = add_rows(&rows);
	if (!err && rows.nr_tested)
		err = holm(t, rows.tested, rows.nr_tested);
	free(rows.tested);
	t->noise = rows.rule.noise.relative;
	t->noise_floor = rows.rule.noise.floor;
	return err;
}

static void env_diffs_free(char **diffs, int nr)
{
	for (int i = 0; i < nr; i++)
		free(diffs[i]);
	free(diffs);
}

/* Whether the documents of a side are boots of one kernel on one machine. */
static int check_side(const struct comparison_side *s, char name, char *err, size_t err_sz)
{
	char **diffs;
	int ret, nr;

	if (!s->nr || s->nr > COMPARE_MAX_BOOTS) {
		snprintf(err, err_sz, "%c has %zu boots: 1 to %u can be compared", name, s->nr,
			 COMPARE_MAX_BOOTS);
		return -EINVAL;
	}
	for (size_t i = 1; i < s->nr; i++) {
		if (s->docs[i].header.clock != s->docs[0].header.clock) {
			snprintf(err, err_sz, "boots 1 and %zu of %c were measured by different "
				 "clocks", i + 1, name);
			return -EINVAL;
		}
		ret = compare_env(&s->docs[0].header, &s->docs[i].header, &diffs, &nr);
		if (ret)
			return ret;
		if (nr)
			snprintf(err, err_sz, "boots 1 and %zu of %c differ, a side is one kernel "
				 "on one machine: %s", i + 1, name, diffs[0]);
		env_diffs_free(diffs, nr);
		if (nr)
			return -EINVAL;
	}
	return 0;
}

/* The most looks that any boot says were planned. */
static unsigned int planned_looks(const struct comparison_table *t)
{
	const json_int_t max = COMPARE_MAX_BOOTS;
	json_int_t looks = 1, v;

	for (size_t i = 0; i < t->a.nr + t->b.nr; i++) {
		const struct run_doc *doc = i < t->a.nr ? &t->a.docs[i] : &t->b.docs[i - t->a.nr];

		v = json_integer_value(json_object_get(doc->header.env, COMPARE_LOOKS_KEY));
		looks = v > looks ? v : looks;
	}
	return (unsigned int)(looks < max ? looks : max);
}

static int check_sides(const struct comparison_table *t, char *err, size_t err_sz)
{
	int ret = check_side(&t->a, 'A', err, err_sz);

	if (!ret)
		ret = check_side(&t->b, 'B', err, err_sz);
	if (!ret && t->a.docs->header.clock != t->b.docs->header.clock) {
		snprintf(err, err_sz, "A was measured by the %s clock, B by the %s clock",
			 clock_kind_name(t->a.docs->header.clock),
			 clock_kind_name(t->b.docs->header.clock));
		ret = -EINVAL;
	}
	return ret;
}

int compare_sets(const struct run_doc *a, size_t nr_a, const struct run_doc *b, size_t nr_b,
		 struct comparison_table *t, char *err, size_t err_sz)
{
	int ret;

	*t = (struct comparison_table){ .a = { a, nr_a }, .b = { b, nr_b } };
	snprintf(err, err_sz, "out of memory");
	ret = check_sides(t, err, err_sz);
	if (!ret) {
		t->clock = a->header.clock;
		t->exact = t->clock == CLOCK_KIND_INSN;
		t->by_boot = !t->exact && (nr_a > 1 || nr_b > 1);
		t->nr_looks = t->by_boot ? planned_looks(t) : 1;
		t->alpha = COMPARE_ALPHA / t->nr_looks;
		ret = fill_table(t);
	}
	if (ret) {
		comparison_table_free(t);
		return ret;
	}
	for (size_t i = 0; i < t->nr; i++)
		if (!t->v[i].metric || t->v[i].metric->better != BETTER_NEITHER)
			t->nr_verdicts[t->v[i].verdict]++;
	return 0;
}

int compare_docs(const struct run_doc *a, const struct run_doc *b, struct comparison_table *t,
		 char *err, size_t err_sz)
{
	return compare_sets(a, 1, b, 1, t, err, err_sz);
}

bool result_is_point_of(const struct result *r, const struct result *slope)
{
	const char *name = slope->name + strlen(SLOPE_PREFIX);

	return !strcmp(r->family, slope->family) && r->nr_params == 1 &&
	       !strncmp(slope->name, SLOPE_PREFIX, strlen(SLOPE_PREFIX)) && !strcmp(r->name, name);
}

bool comparison_table_is_settled(const struct comparison_table *t)
{
	for (size_t i = 0; i < t->nr; i++)
		if (t->v[i].is_open)
			return false;
	return true;
}

void comparison_table_free(struct comparison_table *t)
{
	env_diffs_free(t->env_diffs, t->nr_env_diffs);
	free(t->v);
	*t = (struct comparison_table){ 0 };
}
