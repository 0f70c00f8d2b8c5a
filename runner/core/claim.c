// SPDX-License-Identifier: GPL-2.0-only
/*
 * A claim against one document. Each figure is its interval [lo, hi], and the relation is asked of
 * all values in them: if it is true of all, the claim holds; if of none, it does not; else nothing
 * is said. Intervals are treated as independent, which is the cautious side: two cases that drift
 * together differ by less than their intervals allow.
 */
#include "claim.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "stats.h"

#define LEVEL 0.95		/* of an interval in time mode */
#define ROUNDING 1e-9		/* relative: of elapsed / done */
#define ID_SZ (2 * DOC_MAX_NAME)

const char *claim_verdict_name(enum claim_verdict v)
{
	static const char *const names[NR_CLAIM_VERDICTS] = {
		[CLAIM_HOLDS] = "holds",
		[CLAIM_CONTRADICTED] = "does not hold",
		[CLAIM_UNTESTED] = "not testable here",
	};

	return names[v];
}

/* The first reason is kept. */
__attribute__((format(printf, 2, 3)))
static void untested(struct claim_result *r, const char *fmt, ...)
{
	va_list ap;

	r->verdict = CLAIM_UNTESTED;
	if (r->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	doc_end_text(r->why);
}

/* The digits that stand for '*' in @id; NULL if it does not match. */
static const char *wildcard_match(const char *pattern, const char *id, size_t *len)
{
	size_t before = strcspn(pattern, "*");

	if (strncmp(pattern, id, before))
		return NULL;
	id += before;
	*len = strspn(id, "0123456789");
	return *len && !strcmp(id + *len, pattern + before + 1) ? id : NULL;
}

/* What stands for '*': digits in an ID of the document. */
struct value {
	const char *digits;	/* NULL: there is none */
	size_t len;
	unsigned long long v;
};

static void value_range(const char *pattern, const struct run_doc *doc, struct value *smallest,
			struct value *largest)
{
	*smallest = *largest = (struct value){ 0 };
	if (!strchr(pattern, '*'))
		return;
	for (size_t i = 0; i < doc->nr_results; i++) {
		struct value at;

		at.digits = wildcard_match(pattern, doc->results[i].id, &at.len);
		if (!at.digits)
			continue;
		at.v = strtoull(at.digits, NULL, 10);
		if (!smallest->digits || at.v < smallest->v)
			*smallest = at;
		if (!largest->digits || at.v > largest->v)
			*largest = at;
	}
}

static const struct result *find_case(const struct run_doc *doc, const char *pattern,
				      const struct value *value)
{
	const char *star = strchr(pattern, '*');
	char id[ID_SZ];

	if (!star)
		return run_doc_find(doc, pattern);
	if (!value->digits)
		return NULL;
	snprintf(id, sizeof(id), "%.*s%.*s%s", (int)(star - pattern), pattern, (int)value->len,
		 value->digits, star + 1);
	return run_doc_find(doc, id);
}

static const struct metric *find_metric(const struct result *r, const char *name)
{
	const struct metric *m = name ? result_metric(r, name) : result_headline(r);

	for (int i = 0; !m && !name && i < r->nr_metrics; i++)
		if (r->metrics[i].def->better != BETTER_NEITHER)
			m = &r->metrics[i];
	return m;
}

/* Says what is wrong with the figure of one case; the first figure decides of which metric. */
static void check_figure(struct claim_result *r, const struct result *of, enum clock_kind clock)
{
	const struct claim_figure *f = &r->figures[r->nr_figures - 1], *first = &r->figures[0];

	if (!of)
		untested(r, "%s is not in the document", f->id);
	else if (of->status != STATUS_OK)
		untested(r, "%s: %s: %s", f->id, status_name(of->status), of->reason);
	else if (!f->metric)
		untested(r, "%s has no %s", f->id, r->claim->metric ? r->claim->metric : "figure");
	else if (first->metric && first->metric->def != f->metric->def)
		untested(r, "%s has %s, %s has %s", first->id, first->metric->def->name, f->id,
			 f->metric->def->name);
	else if (f->metric->est.quality == QUALITY_UNSTABLE)
		untested(r, "%s is unstable", f->id);
	else if (clock == CLOCK_KIND_NS && f->metric->est.quality != QUALITY_EXACT &&
		 f->metric->est.level < LEVEL)
		untested(r, "%s: too few loads for a 95 %% interval", f->id);
}

static void add_figures(struct claim_result *r, const struct run_doc *doc,
			const struct value *value)
{
	const struct claim *c = r->claim;

	for (int i = 0; i < CLAIM_MAX_CASES && c->cases[i]; i++) {
		const struct result *of = find_case(doc, c->cases[i], value);

		r->figures[r->nr_figures++] = (struct claim_figure){
			.id = of ? of->id : c->cases[i],
			.metric = of && of->status == STATUS_OK ? find_metric(of, c->metric) : NULL,
		};
		check_figure(r, of, doc->header.clock);
	}
}

static void find_figures(struct claim_result *r, const struct run_doc *doc)
{
	struct value smallest, largest;

	value_range(r->claim->cases[0], doc, &smallest, &largest);
	if (r->claim->relation == CLAIM_LIMIT) {
		add_figures(r, doc, &smallest);
		if (smallest.digits && smallest.v == largest.v)
			untested(r, "%s is the only value of its parameter", r->figures[0].id);
	}
	if (r->claim->relation != CLAIM_LIMIT || largest.digits)
		add_figures(r, doc, &largest);
}

/* Whether the claim can be asked of this machine and clock at all. */
static void check_machine(struct claim_result *r, const struct doc_header *h)
{
	const struct claim *c = r->claim;
	json_t *cpus = json_object_get(h->env, "cpus");

	if (c->time_only && h->clock == CLOCK_KIND_INSN)
		untested(r, "a count of instructions does not show it");
	if (c->min_cpus && !json_is_integer(cpus))
		untested(r, "needs %u CPUs, their number is not recorded", c->min_cpus);
	else if (c->min_cpus && json_integer_value(cpus) < c->min_cpus)
		untested(r, "needs %u CPUs, there are %lld", c->min_cpus,
			 (long long)json_integer_value(cpus));
}

/* The cost that a figure is; of a rate the reciprocal. */
static struct interval cost(struct claim_result *r, int i)
{
	const struct metric *m = r->figures[i].metric;
	struct interval iv = { .lo = m->est.lo, .hi = m->est.hi };

	if (m->def->better != BETTER_HIGHER)
		return iv;
	if (iv.lo <= 0)
		untested(r, "%s is not above 0", r->figures[i].id);
	return (struct interval){ .lo = 1 / iv.hi, .hi = 1 / iv.lo };
}

static struct interval minus(struct interval a, struct interval b)
{
	return (struct interval){ .lo = a.lo - b.hi, .hi = a.hi - b.lo };
}

static struct interval times(double k, struct interval a)
{
	return (struct interval){ .lo = fmin(k * a.lo, k * a.hi), .hi = fmax(k * a.lo, k * a.hi) };
}

/* a < b beyond what rounding does to equal counts. */
static bool is_less(double a, double b)
{
	return b - a > ROUNDING * fmax(fabs(a), fabs(b));
}

static enum claim_verdict less(struct interval a, struct interval b)
{
	return is_less(a.hi, b.lo) ? CLAIM_HOLDS : !is_less(a.lo, b.hi) ? CLAIM_CONTRADICTED :
	       CLAIM_UNTESTED;
}

static enum claim_verdict at_least(struct interval a, struct interval b)
{
	return !is_less(a.lo, b.hi) ? CLAIM_HOLDS : is_less(a.hi, b.lo) ? CLAIM_CONTRADICTED :
	       CLAIM_UNTESTED;
}

/* Both must hold; one that does not suffices. */
static void conclude(struct claim_result *r, enum claim_verdict v, const char *what)
{
	if (v == CLAIM_CONTRADICTED) {
		r->verdict = CLAIM_CONTRADICTED;
		r->why[0] = '\0';
	} else if (v == CLAIM_UNTESTED && r->verdict != CLAIM_CONTRADICTED) {
		untested(r, "intervals overlap: %s", what);
	}
}

/* min * b <= a <= max * b */
static void judge_bounds(struct claim_result *r, struct interval a, struct interval b,
			 const char *name_a, const char *name_b)
{
	const struct claim *c = r->claim;
	char what[sizeof(r->why)];

	if (b.hi <= 0) {
		untested(r, "%s is not above 0", name_b);
		return;
	}
	snprintf(what, sizeof(what), "%s and %.4g times %s", name_a, c->min, name_b);
	if (!isinf(c->min))
		conclude(r, at_least(a, times(c->min, b)), what);
	snprintf(what, sizeof(what), "%s and %.4g times %s", name_a, c->max, name_b);
	if (!isinf(c->max))
		conclude(r, at_least(times(c->max, b), a), what);
}

static void judge_order(struct claim_result *r, const struct interval *iv)
{
	char what[sizeof(r->why)];

	for (int i = 0; i + 1 < r->nr_figures; i++) {
		snprintf(what, sizeof(what), "%s and %s", r->figures[i].id, r->figures[i + 1].id);
		conclude(r, less(iv[i], iv[i + 1]), what);
	}
}

static void judge_gap(struct claim_result *r, const struct interval *iv)
{
	const struct claim_figure *f = r->figures;
	char a[sizeof(r->why)], b[sizeof(r->why)];

	snprintf(a, sizeof(a), "%s - %s", f[0].id, f[1].id);
	snprintf(b, sizeof(b), "%s - %s", f[2].id, f[3].id);
	judge_bounds(r, minus(iv[0], iv[1]), minus(iv[2], iv[3]), a, b);
}

/* |a / b - 1|; both are above 0. */
static struct interval distance_from_1(struct interval a, struct interval b)
{
	double lo = a.lo / b.hi - 1, hi = a.hi / b.lo - 1;

	return (struct interval){ .lo = fmax(0, fmax(lo, -hi)), .hi = fmax(fabs(lo), fabs(hi)) };
}

static void judge_limit(struct claim_result *r, const struct interval *iv)
{
	const struct interval tolerance = { .lo = r->claim->max, .hi = r->claim->max };
	struct interval first, last;

	for (int i = 0; i < r->nr_figures; i++) {
		if (iv[i].lo <= 0) {
			untested(r, "%s is not above 0", r->figures[i].id);
			return;
		}
	}
	first = distance_from_1(iv[0], iv[1]);
	last = distance_from_1(iv[2], iv[3]);
	conclude(r, less(last, first), "the ratio at the smallest and the largest value");
	conclude(r, at_least(tolerance, last), "the ratio at the largest value and its tolerance");
}

static void judge_ratio(struct claim_result *r, const struct interval *iv)
{
	judge_bounds(r, iv[0], iv[1], r->figures[0].id, r->figures[1].id);
}

void claim_evaluate(const struct claim *claim, const struct run_doc *doc, struct claim_result *r)
{
	static void (*const judges[])(struct claim_result *r, const struct interval *iv) = {
		[CLAIM_ORDER] = judge_order,
		[CLAIM_RATIO] = judge_ratio,
		[CLAIM_GAP] = judge_gap,
		[CLAIM_LIMIT] = judge_limit,
	};
	struct interval iv[CLAIM_MAX_CASES];

	*r = (struct claim_result){ .claim = claim, .verdict = CLAIM_HOLDS };
	check_machine(r, &doc->header);
	find_figures(r, doc);
	if (r->verdict != CLAIM_HOLDS)
		return;
	for (int i = 0; i < r->nr_figures; i++)
		iv[i] = cost(r, i);
	if (r->verdict != CLAIM_HOLDS)
		return;
	judges[claim->relation](r, iv);
}
