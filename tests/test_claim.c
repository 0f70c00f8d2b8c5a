// SPDX-License-Identifier: GPL-2.0-only
/* Claims: each relation against known intervals, what makes one untestable, and the table. */
#include "core/claim.h"
#include "doc_fixture.h"
#include "kselftest_harness.h"
#include "report.h"

/* A pointer: the harness compares with NULL. */
#define WHY (&r.why[0] + 0)

static struct run_doc doc;
static struct claim_result r;

static void put(const char *id, const char *metric, double lo, double hi)
{
	struct estimate e = estimate_ns((lo + hi) / 2, (hi - lo) / 2);
	struct result *of = NULL;

	e.lo = lo;
	e.hi = hi;
	for (size_t i = 0; i < doc.nr_results; i++)
		if (!strcmp(doc.results[i].id, id))
			of = &doc.results[i];
	result_add_metric(of ? of : doc_add(&doc, id, STATUS_OK), metric, &e);
}

static struct estimate *last_estimate(void)
{
	struct result *of = &doc.results[doc.nr_results - 1];

	return &of->metrics[of->nr_metrics - 1].est;
}

static enum claim_verdict judge(const struct claim *c)
{
	claim_evaluate(c, &doc, &r);
	return r.verdict;
}

/* The verdict of one document that holds @nr figures f/a, f/b, ... */
static enum claim_verdict judge_costs(const struct claim *c, const double (*iv)[2], int nr)
{
	enum claim_verdict v;

	doc_init(&doc, CLOCK_KIND_NS);
	for (int i = 0; i < nr; i++)
		put((char[]){ 'f', '/', 'a' + i, 0 }, "raw", iv[i][0], iv[i][1]);
	v = judge(c);
	run_doc_free(&doc);
	return v;
}

static const struct claim order2 = { .relation = CLAIM_ORDER, .cases = { "f/a", "f/b" } };
static const struct claim order4 = {
	.relation = CLAIM_ORDER, .cases = { "f/a", "f/b", "f/c", "f/d" },
};
static const struct claim at_least_3 = {
	.relation = CLAIM_RATIO, .cases = { "f/a", "f/b" }, CLAIM_AT_LEAST(3),
};
static const struct claim at_most_3 = {
	.relation = CLAIM_RATIO, .cases = { "f/a", "f/b" }, CLAIM_AT_MOST(3),
};
static const struct claim about = {
	.relation = CLAIM_RATIO, .cases = { "f/a", "f/b" }, CLAIM_BETWEEN(0.8, 1.25),
};
static const struct claim gap = {
	.relation = CLAIM_GAP, .cases = { "f/a", "f/b", "f/c", "f/d" }, CLAIM_BETWEEN(-0.25, 0.25),
};
static const struct claim limit = {
	.relation = CLAIM_LIMIT, .cases = { "f/a:n=*", "f/b:n=*" }, .max = 0.05,
};

TEST(names)
{
	EXPECT_STREQ("holds", claim_verdict_name(CLAIM_HOLDS));
	EXPECT_STREQ("does not hold", claim_verdict_name(CLAIM_CONTRADICTED));
	EXPECT_STREQ("not testable here", claim_verdict_name(CLAIM_UNTESTED));
}

TEST(order)
{
	static const struct {
		double iv[2][2];
		enum claim_verdict verdict;
	} rows[] = {
		{ { { 1, 2 }, { 3, 4 } }, CLAIM_HOLDS },
		{ { { 3, 4 }, { 1, 2 } }, CLAIM_CONTRADICTED },
		{ { { 1, 3 }, { 2, 4 } }, CLAIM_UNTESTED },
		{ { { 2, 4 }, { 1, 3 } }, CLAIM_UNTESTED },
		{ { { 1, 2 }, { 2, 3 } }, CLAIM_UNTESTED },
		{ { { 2, 3 }, { 1, 2 } }, CLAIM_CONTRADICTED },
		{ { { -2, -1 }, { 0, 1 } }, CLAIM_HOLDS },
		/* Equal counts, but for the rounding of a division. */
		{ { { 17.01, 17.01 }, { 17.01, 17.01 } }, CLAIM_CONTRADICTED },
		{ { { 17.01, 17.01 }, { 17.01 + 1e-14, 17.01 + 1e-14 } }, CLAIM_CONTRADICTED },
		{ { { 17.01, 17.01 }, { 17.02, 17.02 } }, CLAIM_HOLDS },
		{ { { 0, 0 }, { 0, 0 } }, CLAIM_CONTRADICTED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_EQ(rows[i].verdict, judge_costs(&order2, rows[i].iv, 2)) TH_LOG("%zu", i);
	judge_costs(&order2, rows[2].iv, 2);
	EXPECT_STREQ("intervals overlap: f/a and f/b", WHY);
}

TEST(order_of_four)
{
	static const double up[4][2] = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } };
	static const double blurred[4][2] = { { 1, 2 }, { 3, 4 }, { 4, 6 }, { 5, 8 } };
	/* A link that is wrong decides, whatever the links before and behind it leave open. */
	static const double wrong[4][2] = { { 1, 3 }, { 2, 4 }, { 1, 1.5 }, { 1, 8 } };

	EXPECT_EQ(CLAIM_HOLDS, judge_costs(&order4, up, 4));
	EXPECT_STREQ("", WHY);
	EXPECT_EQ(4, r.nr_figures);
	EXPECT_EQ(CLAIM_UNTESTED, judge_costs(&order4, blurred, 4));
	EXPECT_STREQ("intervals overlap: f/b and f/c", WHY);
	EXPECT_EQ(CLAIM_CONTRADICTED, judge_costs(&order4, wrong, 4));
	EXPECT_STREQ("", WHY);
}

TEST(ratio)
{
	static const struct {
		const struct claim *claim;
		double iv[2][2];
		enum claim_verdict verdict;
	} rows[] = {
		{ &at_least_3, { { 6, 7 }, { 1, 2 } }, CLAIM_HOLDS },
		{ &at_least_3, { { 2, 2.9 }, { 1, 2 } }, CLAIM_CONTRADICTED },
		{ &at_least_3, { { 5, 7 }, { 1, 2 } }, CLAIM_UNTESTED },
		{ &at_least_3, { { 3, 3 }, { 1, 1 } }, CLAIM_HOLDS },
		/* A net about 0 bounds a factor from one side. */
		{ &at_least_3, { { 6, 7 }, { -1, 2 } }, CLAIM_HOLDS },
		{ &at_least_3, { { 5, 7 }, { -1, 2 } }, CLAIM_UNTESTED },
		{ &at_least_3, { { 6, 7 }, { -2, -1 } }, CLAIM_UNTESTED },
		{ &at_least_3, { { 6, 7 }, { 0, 0 } }, CLAIM_UNTESTED },
		{ &at_most_3, { { 1, 3 }, { 1, 2 } }, CLAIM_HOLDS },
		{ &at_most_3, { { 6.1, 7 }, { 1, 2 } }, CLAIM_CONTRADICTED },
		{ &at_most_3, { { 1, 4 }, { 1, 2 } }, CLAIM_UNTESTED },
		{ &about, { { 9.9, 10.1 }, { 9, 11 } }, CLAIM_HOLDS },
		{ &about, { { 7, 7.1 }, { 9, 11 } }, CLAIM_CONTRADICTED },
		{ &about, { { 14, 15 }, { 9, 11 } }, CLAIM_CONTRADICTED },
		{ &about, { { 8, 10 }, { 9, 11 } }, CLAIM_UNTESTED },
		{ &about, { { 10, 12 }, { 9, 11 } }, CLAIM_UNTESTED },
		{ &about, { { 6, 8 }, { 10, 10 } }, CLAIM_UNTESTED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_EQ(rows[i].verdict, judge_costs(rows[i].claim, rows[i].iv, 2))
			TH_LOG("%zu", i);
	judge_costs(&at_least_3, rows[2].iv, 2);
	EXPECT_STREQ("intervals overlap: f/a and 3 times f/b", WHY);
	judge_costs(&at_least_3, rows[6].iv, 2);
	EXPECT_STREQ("f/b is not above 0", WHY);
	judge_costs(&at_most_3, rows[10].iv, 2);
	EXPECT_STREQ("intervals overlap: f/a and 3 times f/b", WHY);
}

TEST(difference_ratio)
{
	/* b saves nothing of a, d saves 60 of 100. */
	static const double none[4][2] = { { 99, 101 }, { 98, 102 }, { 99, 101 }, { 39, 41 } };
	static const double worse[4][2] = { { 99, 101 }, { 158, 162 }, { 99, 101 }, { 39, 41 } };
	static const double half[4][2] = { { 99, 101 }, { 68, 72 }, { 99, 101 }, { 39, 41 } };
	static const double wide[4][2] = { { 99, 101 }, { 84, 102 }, { 99, 101 }, { 39, 41 } };
	static const double below[4][2] = { { 99, 101 }, { 98, 116 }, { 99, 101 }, { 39, 41 } };
	/* 15 to 16 more, 10 to 15 more, where a quarter is 14.5 to 15.5. */
	static const double edge[4][2] = { { 100, 100 }, { 115, 116 }, { 99, 101 }, { 39, 41 } };
	static const double near[4][2] = { { 100, 100 }, { 110, 115 }, { 99, 101 }, { 39, 41 } };
	static const double flat[4][2] = { { 99, 101 }, { 98, 102 }, { 39, 41 }, { 99, 101 } };

	EXPECT_EQ(CLAIM_HOLDS, judge_costs(&gap, none, 4));
	EXPECT_EQ(CLAIM_CONTRADICTED, judge_costs(&gap, worse, 4));
	EXPECT_EQ(CLAIM_CONTRADICTED, judge_costs(&gap, half, 4));
	EXPECT_EQ(CLAIM_UNTESTED, judge_costs(&gap, wide, 4));
	EXPECT_EQ(CLAIM_UNTESTED, judge_costs(&gap, below, 4));
	EXPECT_EQ(CLAIM_UNTESTED, judge_costs(&gap, edge, 4));
	EXPECT_EQ(CLAIM_UNTESTED, judge_costs(&gap, near, 4));
	EXPECT_EQ(CLAIM_UNTESTED, judge_costs(&gap, flat, 4));
	EXPECT_STREQ("f/c - f/d is not above 0", WHY);
}

/* The ratio [lo, hi] at n = 9 and at n = 100, the larger of which comes first as a text. */
static enum claim_verdict judge_limit(double lo9, double hi9, double lo100, double hi100)
{
	run_doc_free(&doc);
	doc_init(&doc, CLOCK_KIND_NS);
	put("f/b:n=100", "raw", 1, 1);
	put("f/a:n=100", "raw", lo100, hi100);
	put("f/a:n=50", "raw", 77, 77);
	put("f/a:n=9", "raw", lo9, hi9);
	put("f/b:n=9", "raw", 1, 1);
	return judge(&limit);
}

TEST(tends_to_1)
{
	EXPECT_EQ(CLAIM_HOLDS, judge_limit(1.5, 1.6, 0.99, 1.04));
	EXPECT_EQ(CLAIM_HOLDS, judge_limit(0.5, 0.6, 0.96, 0.97));
	EXPECT_EQ(CLAIM_HOLDS, judge_limit(1.5, 1.6, 1.01, 1.02));
	EXPECT_EQ(CLAIM_CONTRADICTED, judge_limit(1.5, 1.6, 1.06, 1.07));
	EXPECT_EQ(CLAIM_CONTRADICTED, judge_limit(1.01, 1.01, 1.02, 1.03));
	EXPECT_EQ(CLAIM_UNTESTED, judge_limit(1.5, 1.6, 1.01, 1.07));
	EXPECT_STREQ("intervals overlap: the ratio at the largest value and its tolerance", WHY);
	EXPECT_EQ(CLAIM_UNTESTED, judge_limit(0.98, 1.03, 0.99, 1.01));
	EXPECT_STREQ("intervals overlap: the ratio at the smallest and the largest value", WHY);
	EXPECT_EQ(CLAIM_UNTESTED, judge_limit(1.5, 1.6, -1, 1.02));
	EXPECT_STREQ("f/a:n=100 is not above 0", WHY);
	ASSERT_EQ(4, r.nr_figures);
	EXPECT_STREQ("f/a:n=9", r.figures[0].id);
	EXPECT_STREQ("f/b:n=9", r.figures[1].id);
	EXPECT_STREQ("f/a:n=100", r.figures[2].id);
	EXPECT_STREQ("f/b:n=100", r.figures[3].id);
	run_doc_free(&doc);
}

TEST(any_value)
{
	static const struct claim largest = {
		.relation = CLAIM_ORDER, .cases = { "f/a:m=1,n=*,p=2", "f/b:n=*", "f/c" },
	};

	doc_init(&doc, CLOCK_KIND_NS);
	EXPECT_EQ(CLAIM_UNTESTED, judge(&largest));
	EXPECT_STREQ("f/a:m=1,n=*,p=2 is not in the document", WHY);
	EXPECT_EQ(CLAIM_UNTESTED, judge(&limit));
	EXPECT_STREQ("f/a:n=* is not in the document", WHY);
	EXPECT_EQ(2, r.nr_figures);
	/* None of these is a value of n. */
	put("f/a:m=1,n=,p=2", "raw", 1, 1);
	put("f/a:m=1,n=-7,p=2", "raw", 1, 1);
	put("f/a:m=1,n=7,p=20", "raw", 1, 1);
	put("f/a:m=1,n=7x,p=2", "raw", 1, 1);
	EXPECT_EQ(CLAIM_UNTESTED, judge(&largest));
	put("f/a:m=1,n=8,p=2", "raw", 99, 99);
	put("f/a:m=1,n=10,p=2", "raw", 1, 1);
	put("f/a:m=1,n=9,p=2", "raw", 99, 99);
	put("f/b:n=9", "raw", 98, 98);
	EXPECT_EQ(CLAIM_UNTESTED, judge(&largest));
	EXPECT_STREQ("f/b:n=* is not in the document", WHY);
	put("f/b:n=10", "raw", 2, 2);
	put("f/c", "raw", 3, 3);
	EXPECT_EQ(CLAIM_HOLDS, judge(&largest));
	EXPECT_STREQ("f/a:m=1,n=10,p=2", r.figures[0].id);
	EXPECT_STREQ("f/b:n=10", r.figures[1].id);
	EXPECT_EQ(3, r.nr_figures);
	put("f/b:n=5", "raw", 1, 1);
	EXPECT_EQ(CLAIM_UNTESTED, judge(&limit));
	put("f/a:n=5", "raw", 1, 1);
	EXPECT_EQ(CLAIM_UNTESTED, judge(&limit));
	EXPECT_STREQ("f/a:n=5 is the only value of its parameter", WHY);
	run_doc_free(&doc);
}

TEST(which_metric)
{
	static const struct claim named = {
		.relation = CLAIM_ORDER, .cases = { "f/a", "f/b" }, .metric = "latency_p50",
	};

	doc_init(&doc, CLOCK_KIND_NS);
	put("f/a", "raw", 9, 9);
	put("f/a", "net", 1, 1);
	put("f/a", "latency_p50", 7, 7);
	put("f/b", "raw", 2, 2);
	EXPECT_EQ(CLAIM_UNTESTED, judge(&order2));
	EXPECT_STREQ("f/a has net, f/b has raw", WHY);
	EXPECT_EQ(CLAIM_UNTESTED, judge(&named));
	EXPECT_STREQ("f/b has no latency_p50", WHY);
	put("f/b", "latency_p50", 6, 6);
	put("f/b", "net", 2, 2);
	EXPECT_EQ(CLAIM_HOLDS, judge(&order2));
	EXPECT_EQ(CLAIM_CONTRADICTED, judge(&named));
	run_doc_free(&doc);

	/* Of rates the larger one is the smaller cost. */
	doc_init(&doc, CLOCK_KIND_NS);
	put("f/a", "xlated", 5, 5);
	EXPECT_EQ(CLAIM_UNTESTED, judge(&order2));
	EXPECT_STREQ("f/a has no figure", WHY);
	put("f/a", "throughput", 300, 310);
	put("f/b", "throughput", 100, 110);
	EXPECT_EQ(CLAIM_HOLDS, judge(&order2));
	EXPECT_EQ(CLAIM_CONTRADICTED, judge(&at_least_3));
	last_estimate()->lo = 0;
	EXPECT_EQ(CLAIM_UNTESTED, judge(&order2));
	EXPECT_STREQ("f/b is not above 0", WHY);
	run_doc_free(&doc);
}

TEST(figures_that_may_not_be_used)
{
	doc_init(&doc, CLOCK_KIND_NS);
	put("f/a", "raw", 1, 2);
	EXPECT_EQ(CLAIM_UNTESTED, judge(&order2));
	EXPECT_STREQ("f/b is not in the document", WHY);
	EXPECT_EQ(2, r.nr_figures);
	EXPECT_NE(NULL, r.figures[0].metric);
	EXPECT_EQ(NULL, r.figures[1].metric);
	EXPECT_EQ(CLAIM_UNTESTED, judge(&(struct claim){
		.relation = CLAIM_ORDER, .cases = { "f/b", "f/a" } }));
	EXPECT_STREQ("f/b is not in the document", WHY);
	/* Figures of what failed are none; the first reason is the one that is told. */
	doc_add(&doc, "f/b", STATUS_SKIP);
	put("f/b", "raw", 3, 4);
	EXPECT_EQ(CLAIM_UNTESTED, judge(&order4));
	EXPECT_STREQ("f/b: skip: needs bpf_loop", WHY);
	EXPECT_EQ(NULL, r.figures[1].metric);
	run_doc_free(&doc);

	doc_init(&doc, CLOCK_KIND_NS);
	put("f/a", "raw", 1, 2);
	put("f/b", "raw", 3, 4);
	last_estimate()->quality = QUALITY_UNSTABLE;
	EXPECT_EQ(CLAIM_UNTESTED, judge(&order2));
	EXPECT_STREQ("f/b is unstable", WHY);
	last_estimate()->quality = QUALITY_OK;
	last_estimate()->level = 0.94;
	EXPECT_EQ(CLAIM_UNTESTED, judge(&order2));
	EXPECT_STREQ("f/b: too few loads for a 95 % interval", WHY);
	last_estimate()->quality = QUALITY_EXACT;
	EXPECT_EQ(CLAIM_HOLDS, judge(&order2));
	/* Disturbances only add to counts: the interval of three loads is no sample of them. */
	last_estimate()->quality = QUALITY_INEXACT;
	doc.header.clock = CLOCK_KIND_INSN;
	EXPECT_EQ(CLAIM_HOLDS, judge(&order2));
	run_doc_free(&doc);
}

TEST(a_reason_is_cut_between_characters)
{
	char text[600] = "";

	doc_init(&doc, CLOCK_KIND_NS);
	for (size_t i = 0; i < 500; i += 2)
		memcpy(text + i, "\xc3\xa9", 3);
	for (int i = 0; i < 2; i++) {
		result_set_reason(doc_add(&doc, i ? "f/a" : "f/aa", STATUS_FAIL), "%s", text);
		judge(&(struct claim){ .relation = CLAIM_ORDER,
				       .cases = { doc.results[i].id, "f/b" } });
		EXPECT_TRUE(doc_text_is_valid(r.why));
		EXPECT_LT(240, strlen(r.why));
	}
	run_doc_free(&doc);
}

TEST(clock_and_cpus)
{
	struct claim c = order2;

	doc_init(&doc, CLOCK_KIND_INSN);
	put("f/a", "raw", 1, 2);
	put("f/b", "raw", 3, 4);
	EXPECT_EQ(CLAIM_HOLDS, judge(&c));
	c.time_only = true;
	EXPECT_EQ(CLAIM_UNTESTED, judge(&c));
	EXPECT_STREQ("a count of instructions does not show it", WHY);
	EXPECT_EQ(2, r.nr_figures);
	doc.header.clock = CLOCK_KIND_NS;
	EXPECT_EQ(CLAIM_HOLDS, judge(&c));
	c.min_cpus = 2;
	EXPECT_EQ(CLAIM_UNTESTED, judge(&c));
	EXPECT_STREQ("needs 2 CPUs, their number is not recorded", WHY);
	json_object_set_new(doc.header.env, "cpus", json_string("2"));
	EXPECT_EQ(CLAIM_UNTESTED, judge(&c));
	json_object_set_new(doc.header.env, "cpus", json_integer(1));
	EXPECT_EQ(CLAIM_UNTESTED, judge(&c));
	EXPECT_STREQ("needs 2 CPUs, there are 1", WHY);
	json_object_set_new(doc.header.env, "cpus", json_integer(2));
	EXPECT_EQ(CLAIM_HOLDS, judge(&c));
	run_doc_free(&doc);
}

/* family/case or family/case:param=value,..., one '*' in the place of a value */
static bool is_case(const char *id, bool may_vary)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	const char *at = id + strspn(id, name);
	int stars = 0;

	if (at == id || *at != '/')
		return false;
	id = at + 1;
	at = id + strspn(id, name);
	if (at == id)
		return false;
	for (char before = ':'; *at == before; before = ',') {
		size_t len = strspn(at + 1, name), digits;

		if (!len || at[1 + len] != '=')
			return false;
		at += len + 2;
		digits = strspn(at, "0123456789");
		if (!digits && *at != '*')
			return false;
		stars += !digits;
		at += digits ? digits : 1;
	}
	return !*at && stars <= may_vary;
}

/* How many cases a relation takes, and that nothing stands behind them. */
static bool has_cases(const struct claim *c)
{
	static const int least[] = { 2, 2, 4, 2 }, most[] = { 4, 2, 4, 2 };
	bool varies = c->cases[0] && strchr(c->cases[0], '*');
	int nr = 0;

	while (nr < CLAIM_MAX_CASES && c->cases[nr])
		nr++;
	for (int i = 0; i < CLAIM_MAX_CASES; i++)
		if (i < nr ? !is_case(c->cases[i], varies) : c->cases[i] != NULL)
			return false;
	if (c->relation == CLAIM_LIMIT && !(varies && strchr(c->cases[1], '*')))
		return false;
	return nr >= least[c->relation] && nr <= most[c->relation];
}

static bool has_bounds(const struct claim *c)
{
	switch (c->relation) {
	case CLAIM_ORDER:
		return c->min == 0 && c->max == 0;
	case CLAIM_LIMIT:
		return c->min == 0 && c->max > 0 && c->max < 1;
	default:
		return c->min <= c->max && !isnan(c->min) && (!isinf(c->min) || !isinf(c->max)) &&
		       (c->min || c->max);
	}
}

TEST(table)
{
	static const char *const papers[] = { "P1", "P2", "P3", "P4", "P5", "-" };
	const struct claim *c;
	size_t nr = 0;

	for (; (c = claim_at(nr)); nr++) {
		bool is_known = false;

		for (size_t i = 0; i < sizeof(papers) / sizeof(papers[0]); i++)
			is_known |= !strcmp(papers[i], c->paper);
		EXPECT_TRUE(is_known) TH_LOG("%s", c->id);
		EXPECT_EQ(strcmp(c->paper, "-") != 0, c->section[0] != 0) TH_LOG("%s", c->id);
		EXPECT_TRUE(doc_name_is_valid(c->id)) TH_LOG("%s", c->id);
		EXPECT_TRUE(doc_text_is_valid(c->statement)) TH_LOG("%s", c->id);
		EXPECT_TRUE(has_cases(c)) TH_LOG("%s", c->id);
		EXPECT_TRUE(has_bounds(c)) TH_LOG("%s", c->id);
		EXPECT_TRUE(!c->metric || metric_find(c->metric)) TH_LOG("%s", c->id);
		/* A rate or a latency of a counted guest is one of instructions, not of time. */
		EXPECT_TRUE(c->time_only || !c->metric || !strcmp(c->metric, "raw"))
			TH_LOG("%s", c->id);
		for (size_t i = 0; i < nr; i++)
			EXPECT_STRNE(claim_at(i)->id, c->id);
	}
	EXPECT_LT(50, nr);
	EXPECT_EQ(NULL, claim_at(nr + 1));
}

TEST(the_checks_of_the_table)
{
	static const char *const bad[] = {
		"", "f", "f/", "/a", "f/a:", "f/a:n", "f/a:n=", "f/a:n=x", "f/a:n=1,", "f/a,n=1",
		"f/a:n=*,m=*", "f/*", "F/a", "f/a:n=1:m=2",
	};
	struct claim c = at_least_3;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_FALSE(is_case(bad[i], true)) TH_LOG("%s", bad[i]);
	EXPECT_TRUE(is_case("f/a:n=*,m=1", true));
	EXPECT_FALSE(is_case("f/a:n=*,m=1", false));
	EXPECT_TRUE(has_cases(&c) && has_cases(&limit) && has_cases(&gap) && has_cases(&order4));
	EXPECT_TRUE(has_bounds(&c) && has_bounds(&limit) && has_bounds(&gap) &&
		    has_bounds(&order4));
	c.cases[2] = "f/c";
	EXPECT_FALSE(has_cases(&c));
	c.min = 0;
	c.max = 0;
	EXPECT_FALSE(has_bounds(&c));
}

/* All of the table against documents that have nothing, and against the report of one claim. */
TEST(report)
{
	struct report_out o = { 0 };
	struct claim_result v[3];
	struct claim_report c = { .header = &doc.header, .v = v, .nr = 3 };
	static const struct claim first = {
		.id = "first", .paper = "P1", .section = "3.1", .statement = "a is less than b",
		.relation = CLAIM_ORDER, .cases = { "f/a", "f/b" },
	};
	static const struct claim third = {
		.id = "third", .paper = "-", .section = "", .statement = "a is less than c",
		.relation = CLAIM_ORDER, .cases = { "f/a", "f/c" },
	};
	struct claim second = first;
	struct memory m;

	doc_init(&doc, CLOCK_KIND_NS);
	for (size_t i = 0; claim_at(i); i++)
		EXPECT_EQ(CLAIM_UNTESTED, judge(claim_at(i)));
	put("f/a", "raw", 1, 2);
	put("f/b", "raw", 3, 4);
	second.id = "second";
	second.cases[0] = "f/b";
	second.cases[1] = "f/a";
	claim_evaluate(&first, &doc, &v[0]);
	claim_evaluate(&second, &doc, &v[1]);
	claim_evaluate(&third, &doc, &v[2]);
	for (int verbose = 0; verbose < 2; verbose++) {
		char want[1024];

		memory_open(&m);
		o.out = m.out;
		o.verbose = verbose;
		EXPECT_EQ(0, report_claims_table(&o, &c));
		fflush(m.out);
		snprintf(want, sizeof(want),
			 "first                    P1 3.1: a is less than b: holds\n"
			 "      f/a                                          "
			 "raw 1.50 ns/op [1.00, 2.00] 97.9%%\n"
			 "      f/b                                          "
			 "raw 3.50 ns/op [3.00, 4.00] 97.9%%\n"
			 "second                   P1 3.1: a is less than b: does not hold\n"
			 "      f/b                                          "
			 "raw 3.50 ns/op [3.00, 4.00] 97.9%%\n"
			 "      f/a                                          "
			 "raw 1.50 ns/op [1.00, 2.00] 97.9%%\n"
			 "third                    -  a is less than c: not testable here "
			 "(f/c is not in the document)\n"
			 "      f/a                                          "
			 "raw 1.50 ns/op [1.00, 2.00] 97.9%%\n%s"
			 "\nholds: 1, does not hold: 1, not testable here: 1 "
			 "(ns clock, kernel 6.12.95)\n", verbose ?
			 "      f/c                                          no figure\n" : "");
		EXPECT_STREQ(want, m.text);
		memory_close(&m);
	}
	run_doc_free(&doc);
}

TEST_HARNESS_MAIN
