// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two documents; their environments: test_compare_env.c. Rates of false verdicts by simulation:
 * test_compare_sim.c.
 * Allocations fail by __wrap_malloc, __wrap_calloc and __wrap_realloc of doc_fixture.h.
 */
#include <errno.h>
#include <math.h>

#include "compare_fixture.h"
#include "doc_fixture.h"
#include "kselftest_harness.h"

/* A pointer: the harness compares with NULL. */
#define WHY(comparison) (&(comparison).why[0] + 0)

static void put(struct result *r, const char *metric, double value, double half, enum quality q)
{
	struct estimate e = estimate_ns(value, half);

	if (q == QUALITY_EXACT)
		e = estimate_exact(value);
	e.quality = q;
	result_add_metric(r, metric, &e);
}

/* A row of an A/A floor of @half, around 10 ns. */
static void add_aa(struct run_doc *doc, double half)
{
	struct result *r = doc_add(doc, "selfcheck/empty", STATUS_OK);

	put(r, "net", 0, half, QUALITY_UNRESOLVED);
	put(r, "raw", 10, half, QUALITY_OK);
	put(r, "base", 10, half, QUALITY_OK);
}

/* @nr loads of 5 rounds around @ns, spread evenly by +-1 %. */
static void add_loads(struct sample_set *set, uint32_t nr, double ns)
{
	for (uint32_t i = 0; i < nr * 5; i++) {
		struct sample s = { .load = i / 5, .round = i % 5, .done = 100000 };

		s.elapsed = llrint(ns * s.done * (0.99 + 0.02 * ((i / 5 * 7) % nr) / nr));
		sample_set__add(set, &s);
	}
}

static struct result *add_time(struct run_doc *doc, const char *id, uint32_t nr, double ns,
			       double ref)
{
	struct result *r = doc_add(doc, id, STATUS_OK);

	put(r, "raw", ns, ns / 100, QUALITY_OK);
	add_loads(&r->samples[SLOT_RAW], nr, ns);
	if (ref > 0) {
		put(r, "ref", ref, ref / 100, QUALITY_OK);
		add_loads(&r->samples[SLOT_REF], nr, ref);
	}
	return r;
}

static const struct comparison *row(const char *id)
{
	for (size_t i = 0; i < t.nr; i++)
		if (!strcmp(t.v[i].id, id))
			return &t.v[i];
	return NULL;
}

TEST(names)
{
	EXPECT_STREQ("same", verdict_name(VERDICT_SAME));
	EXPECT_STREQ("faster", verdict_name(VERDICT_FASTER));
	EXPECT_STREQ("slower", verdict_name(VERDICT_SLOWER));
	EXPECT_STREQ("unresolved", verdict_name(VERDICT_UNRESOLVED));
	EXPECT_STREQ("n/a", verdict_name(VERDICT_NA));
}

TEST(counted)
{
	static const struct {
		const char *id;
		double va, vb;
		enum quality qa, qb;
		enum verdict verdict;
	} rows[] = {
		{ "f/same", 41, 41, QUALITY_EXACT, QUALITY_EXACT, VERDICT_SAME },
		{ "f/rounded", 17.01, 17.01 + 1e-14, QUALITY_EXACT, QUALITY_EXACT, VERDICT_SAME },
		{ "f/one_more", 41, 42, QUALITY_EXACT, QUALITY_EXACT, VERDICT_SLOWER },
		{ "f/one_less", 41, 40, QUALITY_EXACT, QUALITY_EXACT, VERDICT_FASTER },
		{ "f/fraction", 171.23, 171.24, QUALITY_EXACT, QUALITY_EXACT, VERDICT_SLOWER },
		{ "f/zero", 0, 0, QUALITY_EXACT, QUALITY_EXACT, VERDICT_SAME },
		{ "f/apart", 41, 43, QUALITY_INEXACT, QUALITY_EXACT, VERDICT_SLOWER },
		{ "f/apart_down", 43, 41, QUALITY_EXACT, QUALITY_INEXACT, VERDICT_FASTER },
		{ "f/overlap", 41, 41.5, QUALITY_INEXACT, QUALITY_INEXACT, VERDICT_UNRESOLVED },
		{ "f/unstable", 41, 99, QUALITY_UNSTABLE, QUALITY_EXACT, VERDICT_NA },
	};
	enum { NR = sizeof(rows) / sizeof(rows[0]) };

	docs_init(CLOCK_KIND_INSN);
	for (int i = 0; i < NR; i++) {
		put(doc_add(&a, rows[i].id, STATUS_OK), "net", rows[i].va, 0.5, rows[i].qa);
		put(doc_add(&b, rows[i].id, STATUS_OK), "net", rows[i].vb, 0.5, rows[i].qb);
	}
	ASSERT_EQ(0, compare());
	EXPECT_TRUE(t.exact);
	EXPECT_TRUE(t.noise == 0);
	ASSERT_EQ(NR, t.nr);
	for (int i = 0; i < NR; i++) {
		EXPECT_STREQ(rows[i].id, t.v[i].id);
		EXPECT_EQ(rows[i].verdict, t.v[i].verdict);
		EXPECT_TRUE(t.v[i].p == 1 && t.v[i].delta == 0);
		EXPECT_TRUE(t.v[i].shift == rows[i].vb - rows[i].va);
	}
	EXPECT_EQ(3, t.nr_verdicts[VERDICT_SAME]);
	EXPECT_EQ(3, t.nr_verdicts[VERDICT_SLOWER]);
	EXPECT_EQ(2, t.nr_verdicts[VERDICT_FASTER]);
	EXPECT_EQ(1, t.nr_verdicts[VERDICT_UNRESOLVED]);
	EXPECT_EQ(1, t.nr_verdicts[VERDICT_NA]);
	EXPECT_STREQ("unstable in A", WHY(*row("f/unstable")));
	docs_free();
}

static struct result *add_counts(struct run_doc *doc, const char *id, const char *metric,
				 double value, uint64_t done)
{
	struct result *r = doc_add(doc, id, STATUS_OK);
	struct sample s = { .elapsed = 1000, .done = done };

	put(r, metric, value, 0, QUALITY_EXACT);
	sample_set__add(&r->samples[SLOT_RAW], &s);
	s.done *= 2;
	sample_set__add(&r->samples[SLOT_RAW], &s);
	return r;
}

/* One count of a batch is no change, two of a pair are none; a size has no batch. */
TEST(rounding_of_the_clock)
{
	static const struct {
		const char *id, *metric;
		double counts;		/* of a batch of 1024 in B, of 2048 in A */
		enum verdict verdict;
	} rows[] = {
		{ "f/pair", "net", 2, VERDICT_SAME },
		{ "f/pair_less", "net", -2, VERDICT_SAME },
		{ "f/pair_more", "net", 3, VERDICT_SLOWER },
		{ "f/one", "raw", 1, VERDICT_SAME },
		{ "f/two", "raw", -2, VERDICT_FASTER },
		{ "f/other", "slope", 1, VERDICT_SLOWER },
	};
	enum { NR = sizeof(rows) / sizeof(rows[0]) };

	docs_init(CLOCK_KIND_INSN);
	for (int i = 0; i < NR; i++) {
		add_counts(&a, rows[i].id, rows[i].metric, 151.6406, 2048);
		add_counts(&b, rows[i].id, rows[i].metric, 151.6406 + rows[i].counts / 1024, 1024);
	}
	ASSERT_EQ(0, compare());
	for (int i = 0; i < NR; i++)
		EXPECT_EQ(rows[i].verdict, row(rows[i].id)->verdict) TH_LOG("%s", rows[i].id);
	EXPECT_TRUE(fabs(row("f/pair")->delta - 2.0 / 1024) < 1e-9);
	EXPECT_TRUE(fabs(row("f/one")->delta - 1.0 / 1024) < 1e-9);
	EXPECT_TRUE(row("f/other")->delta == 0);
	docs_free();
}

TEST(missing_and_failed)
{
	static const struct {
		const char *id;
		int sa, sb;	/* -1: missing */
		const char *why;
	} rows[] = {
		{ "f/only_a", STATUS_OK, -1, "only in A" },
		{ "f/skip_a", STATUS_SKIP, STATUS_OK, "skip in A: needs bpf_loop" },
		{ "f/crash_b", STATUS_OK, STATUS_CRASH, "crash in B: needs bpf_loop" },
		{ "f/both", STATUS_SKIP, STATUS_FAIL, "skip in A, fail in B: needs bpf_loop" },
		{ "f/bare", STATUS_OK, STATUS_OK, "no figure that both have" },
		{ "f/only_b", -1, STATUS_OK, "only in B" },
	};
	enum { NR = sizeof(rows) / sizeof(rows[0]) };

	docs_init(CLOCK_KIND_NS);
	for (int i = 0; i < NR; i++) {
		if (rows[i].sa >= 0)
			doc_add(&a, rows[i].id, rows[i].sa);
		if (rows[i].sb >= 0)
			doc_add(&b, rows[i].id, rows[i].sb);
	}
	ASSERT_EQ(0, compare());
	ASSERT_EQ(NR, t.nr);
	for (int i = 0; i < NR; i++) {
		EXPECT_EQ(VERDICT_NA, t.v[i].verdict);
		EXPECT_STREQ(rows[i].id, t.v[i].id);
		EXPECT_STREQ(rows[i].why, WHY(t.v[i]));
	}
	EXPECT_EQ(NR, t.nr_verdicts[VERDICT_NA]);
	docs_free();
}

TEST(a_reason_is_cut_between_characters)
{
	struct result *r;

	docs_init(CLOCK_KIND_NS);
	doc_add(&a, "f/c", STATUS_OK);
	r = doc_add(&b, "f/c", STATUS_FAIL);
	for (int pad = 0; pad < 3; pad++) {
		char text[256] = "xx";

		for (size_t n = pad; n < 240; n += 2)
			memcpy(text + n, "\xc3\xa9", 3);
		text[0] = text[0] == 'x' ? 'x' : text[0];
		result_set_reason(r, "%s", text);
		ASSERT_EQ(0, compare());
		EXPECT_TRUE(doc_text_is_valid(t.v[0].why));
		EXPECT_LT(60, strlen(t.v[0].why));
	}
	free(r->reason);
	r->reason = NULL;
	ASSERT_EQ(0, compare());
	EXPECT_STREQ("fail in B: no reason given", WHY(t.v[0]));
	docs_free();
}

TEST(which_metric)
{
	struct result *r;

	docs_init(CLOCK_KIND_INSN);
	r = doc_add(&a, "f/net_and_raw", STATUS_OK);
	put(r, "net", 1, 0, QUALITY_EXACT);
	put(r, "raw", 2, 0, QUALITY_EXACT);
	put(doc_add(&b, "f/net_and_raw", STATUS_OK), "raw", 3, 0, QUALITY_EXACT);
	put(doc_add(&a, "f/rate", STATUS_OK), "throughput", 100, 0, QUALITY_EXACT);
	put(doc_add(&b, "f/rate", STATUS_OK), "throughput", 200, 0, QUALITY_EXACT);
	put(doc_add(&a, "f/rate_down", STATUS_OK), "throughput", 200, 0, QUALITY_EXACT);
	put(doc_add(&b, "f/rate_down", STATUS_OK), "throughput", 100, 0, QUALITY_EXACT);
	put(doc_add(&a, "f/size", STATUS_OK), "jited", 200, 0, QUALITY_EXACT);
	put(doc_add(&b, "f/size", STATUS_OK), "jited", 100, 0, QUALITY_EXACT);
	put(doc_add(&a, "f/insns", STATUS_OK), "verified_insns", 10, 0, QUALITY_EXACT);
	put(doc_add(&b, "f/insns", STATUS_OK), "verified_insns", 11, 0, QUALITY_EXACT);
	ASSERT_EQ(0, compare());
	EXPECT_STREQ("raw", row("f/net_and_raw")->metric->name);
	EXPECT_EQ(VERDICT_SLOWER, row("f/net_and_raw")->verdict);
	EXPECT_EQ(VERDICT_FASTER, row("f/rate")->verdict);
	EXPECT_EQ(VERDICT_SLOWER, row("f/rate_down")->verdict);
	EXPECT_EQ(NULL, row("f/size")->metric);
	EXPECT_EQ(NULL, row("f/insns")->metric);
	/* f/size and f/insns have rows of their own behind the empty headlines. */
	EXPECT_EQ(7, t.nr);
	docs_free();
}

TEST(sizes_only_where_they_differ)
{
	docs_init(CLOCK_KIND_INSN);
	for (int i = 0; i < 2; i++) {
		struct result *r = doc_add(i ? &b : &a, "f/c", STATUS_OK);

		put(r, "net", 41, 0, QUALITY_EXACT);
		put(r, "jited", 300 + 12 * i, 0, QUALITY_EXACT);
		put(r, "xlated", 400, 0, QUALITY_EXACT);
		put(r, "verified_insns", 50 - i, 0, QUALITY_EXACT);
		r = doc_add(i ? &b : &a, "f/d", i ? STATUS_FAIL : STATUS_OK);
		put(r, "jited", i, 0, QUALITY_EXACT);
		r = doc_add(i ? &b : &a, "f/e", i ? STATUS_OK : STATUS_FAIL);
		put(r, "jited", i, 0, QUALITY_EXACT);
		r = doc_add(i ? &b : &a, "f/g", STATUS_OK);
		put(r, i ? "jited" : "raw", i, 0, QUALITY_EXACT);
	}
	ASSERT_EQ(0, compare());
	ASSERT_EQ(6, t.nr);
	EXPECT_EQ(VERDICT_SAME, t.v[0].verdict);
	EXPECT_STREQ("verified_insns", t.v[1].metric->name);
	EXPECT_EQ(VERDICT_NA, t.v[1].verdict);
	EXPECT_STREQ("jited", t.v[2].metric->name);
	EXPECT_EQ(VERDICT_NA, t.v[2].verdict);
	EXPECT_TRUE(t.v[2].shift == 12);
	/* A longer image is neither better nor worse: shown, not counted. */
	EXPECT_EQ(3, t.nr_verdicts[VERDICT_NA]);
	docs_free();
}

TEST(time_by_loads)
{
	struct result *r;

	docs_init(CLOCK_KIND_NS);
	add_aa(&a, 0.1);
	add_aa(&b, 0.05);
	add_time(&a, "f/same", 16, 20, 5);
	add_time(&b, "f/same", 16, 20.02, 5.01);
	add_time(&a, "f/slower", 16, 20, 5);
	add_time(&b, "f/slower", 16, 22, 5);
	add_time(&a, "f/faster", 16, 20, 5);
	add_time(&b, "f/faster", 16, 18, 5);
	add_time(&a, "f/near", 16, 20, 5);
	add_time(&b, "f/near", 16, 20.41, 5);
	add_time(&a, "f/ref_moved", 16, 20, 5);
	add_time(&b, "f/ref_moved", 16, 22, 5.5);
	add_time(&a, "f/few", 3, 20, 5);
	add_time(&b, "f/few", 3, 30, 5);
	add_time(&a, "f/weak", 4, 20, 5);
	add_time(&b, "f/weak", 4, 30, 5);
	add_time(&a, "f/many", 200, 20, 5);
	add_time(&b, "f/many", 100, 22, 5);
	r = add_time(&a, "f/unstable", 16, 20, 5);
	r->metrics[0].est.quality = QUALITY_UNSTABLE;
	r = add_time(&b, "f/unstable", 16, 30, 5);
	r->metrics[0].est.quality = QUALITY_UNSTABLE;
	add_time(&a, "f/unstable_b", 16, 20, 5);
	r = add_time(&b, "f/unstable_b", 16, 30, 5);
	r->metrics[0].est.quality = QUALITY_UNSTABLE;
	ASSERT_EQ(0, compare());
	EXPECT_FALSE(t.exact);
	EXPECT_TRUE(t.noise_floor == 0.1);
	EXPECT_EQ(VERDICT_SAME, row("f/same")->verdict);
	EXPECT_TRUE(fabs(row("f/same")->delta - 0.02 * 20) < 0.05);
	EXPECT_EQ(VERDICT_SLOWER, row("f/slower")->verdict);
	EXPECT_TRUE(row("f/slower")->p < 0.01);
	EXPECT_TRUE(fabs(row("f/slower")->shift - 2) < 0.1);
	EXPECT_EQ(VERDICT_FASTER, row("f/faster")->verdict);
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/near")->verdict);
	EXPECT_STREQ("the interval reaches across delta", WHY(*row("f/near")));
	/* 10 %, but so did the reference loop: delta says how little "same" means here. */
	EXPECT_EQ(VERDICT_SAME, row("f/ref_moved")->verdict);
	EXPECT_TRUE(row("f/ref_moved")->delta > 2);
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/few")->verdict);
	EXPECT_STREQ("too few loads", WHY(*row("f/few")));
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/weak")->verdict);
	EXPECT_EQ(0, strncmp("beyond delta, but p = ", row("f/weak")->why, 22));
	EXPECT_EQ(VERDICT_SLOWER, row("f/many")->verdict);
	EXPECT_STREQ("unstable in both", WHY(*row("f/unstable")));
	EXPECT_STREQ("unstable in B", WHY(*row("f/unstable_b")));
	docs_free();
}

/* The A/A is a floor of what the loop times, not of what is computed from it. */
TEST(floor_of_timed_metrics_only)
{
	docs_init(CLOCK_KIND_NS);
	for (int i = 0; i < 2; i++) {
		add_aa(i ? &b : &a, 0.3);
		put(doc_add(i ? &b : &a, "f/line", STATUS_OK), "slope", i ? 0.4 : 0.3, 0.001,
		    QUALITY_OK);
	}
	ASSERT_EQ(0, compare());
	EXPECT_TRUE(row("f/line")->delta < 0.1);
	EXPECT_EQ(VERDICT_SLOWER, row("f/line")->verdict);
	docs_free();
}

/* The reference of other rows speaks for a row that has none. */
TEST(the_whole_document_moved)
{
	docs_init(CLOCK_KIND_NS);
	add_time(&a, "f/ref", 16, 20, 5);
	add_time(&b, "f/ref", 16, 22, 5.5);
	add_time(&a, "f/no_ref", 16, 20, 0);
	add_time(&b, "f/no_ref", 16, 21.5, 0);
	ASSERT_EQ(0, compare());
	EXPECT_TRUE(fabs(t.noise - 0.1) < 1e-6);
	EXPECT_EQ(VERDICT_SAME, row("f/no_ref")->verdict);
	EXPECT_TRUE(row("f/no_ref")->delta > 2);
	docs_free();
}

/* Beyond delta downwards, and significant alone but not over the table. */
TEST(holm_over_the_table)
{
	char id[16];

	docs_init(CLOCK_KIND_NS);
	add_aa(&a, 0.1);
	add_aa(&b, 0.1);
	for (int i = 0; i < 20; i++) {
		snprintf(id, sizeof(id), "f/c%d", i);
		add_time(&a, id, 4, 30, 5);
		add_time(&b, id, 4, i ? 30 : 20, 5);
	}
	ASSERT_EQ(0, compare());
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/c0")->verdict);
	EXPECT_EQ(0, strncmp("beyond delta", row("f/c0")->why, 12));
	comparison_table_free(&t);
	a.nr_results = b.nr_results = 2;
	ASSERT_EQ(0, compare());
	EXPECT_EQ(VERDICT_FASTER, row("f/c0")->verdict);
	a.nr_results = b.nr_results = 21;
	docs_free();
}

/* A net is judged by what raw and baseline may err by, not by its own smallness. */
TEST(scale_of_a_net)
{
	docs_init(CLOCK_KIND_NS);
	for (int i = 0; i < 2; i++) {
		struct run_doc *doc = i ? &b : &a;
		struct result *r;

		add_aa(doc, 0.1);
		r = doc_add(doc, "f/net", STATUS_OK);
		put(r, "net", i ? 0.6 : 0.4, 0.01, QUALITY_OK);
		put(r, "raw", 20, 0.1, QUALITY_OK);
		put(r, "base", 19.5, 0.1, QUALITY_OK);
		add_loads(&r->samples[SLOT_RAW], 16, i ? 20.1 : 19.9);
		add_loads(&r->samples[SLOT_BASE], 16, 19.5);
		r = doc_add(doc, "f/bare_net", STATUS_OK);
		put(r, "net", i ? 0.6 : 0.4, 0.01, QUALITY_OK);
		add_loads(&r->samples[SLOT_RAW], 16, i ? 20.1 : 19.9);
	}
	ASSERT_EQ(0, compare());
	EXPECT_TRUE(fabs(row("f/net")->delta - 0.02 * hypot(20, 19.5)) < 0.01);
	EXPECT_EQ(VERDICT_SAME, row("f/net")->verdict);
	/* Without a baseline's figure the net itself is the scale; the A/A is the floor. */
	EXPECT_TRUE(row("f/bare_net")->delta == 0.1);
	EXPECT_EQ(VERDICT_SLOWER, row("f/bare_net")->verdict);
	docs_free();
}

TEST(stripped_documents_use_intervals)
{
	static const struct {
		const char *id;
		double va, vb, half;
		enum verdict verdict;
	} rows[] = {
		{ "f/same", 20, 20.1, 0.05, VERDICT_SAME },
		{ "f/slower", 20, 22, 0.1, VERDICT_SLOWER },
		{ "f/faster", 22, 20, 0.1, VERDICT_FASTER },
		{ "f/across", 20, 20.5, 0.2, VERDICT_UNRESOLVED },
		{ "f/across_down", 20.5, 20, 0.2, VERDICT_UNRESOLVED },
		{ "f/wide", 20, 20, 5, VERDICT_UNRESOLVED },
	};

	docs_init(CLOCK_KIND_NS);
	add_aa(&a, 0.01);
	add_aa(&b, 0.01);
	for (size_t i = 0; i < 6; i++) {
		put(doc_add(&a, rows[i].id, STATUS_OK), "raw", rows[i].va, rows[i].half,
		    QUALITY_OK);
		put(doc_add(&b, rows[i].id, STATUS_OK), "raw", rows[i].vb, rows[i].half,
		    QUALITY_OK);
	}
	/* Excluded samples are none. */
	for (int i = 0; i < 2; i++) {
		struct result *r = &(i ? &b : &a)->results[1];

		add_loads(&r->samples[SLOT_RAW], 4, 77);
		for (size_t k = 0; k < r->samples[SLOT_RAW].nr; k++)
			r->samples[SLOT_RAW].v[k].flags = SAMPLE_STOLEN;
	}
	ASSERT_EQ(0, compare());
	for (size_t i = 0; i < 6; i++) {
		EXPECT_EQ(rows[i].verdict, row(rows[i].id)->verdict);
		EXPECT_TRUE(row(rows[i].id)->p == 1);
		EXPECT_TRUE(fabs(row(rows[i].id)->shift_iv.level - (2 * 0.979 - 1)) < 1e-9);
	}
	docs_free();
}

TEST(no_noise_floor_no_verdict)
{
	docs_init(CLOCK_KIND_NS);
	add_time(&a, "f/loads", 16, 20, 0);
	add_time(&b, "f/loads", 16, 30, 0);
	put(doc_add(&a, "f/interval", STATUS_OK), "raw", 20, 1, QUALITY_OK);
	put(doc_add(&b, "f/interval", STATUS_OK), "raw", 30, 1, QUALITY_OK);
	put(doc_add(&a, "f/exact", STATUS_OK), "raw", 20, 1, QUALITY_EXACT);
	put(doc_add(&b, "f/exact", STATUS_OK), "raw", 30, 1, QUALITY_EXACT);
	/* None of these is an A/A row. */
	put(doc_add(&a, "selfcheck/empty_twin", STATUS_OK), "net", 0, 1, QUALITY_OK);
	doc_add(&a, "selfcheck/empty:x=1", STATUS_OK);
	put(doc_add(&a, "selfcheck/empty:x=2", STATUS_FAIL), "net", 0, 1, QUALITY_OK);
	ASSERT_EQ(0, compare());
	EXPECT_TRUE(t.noise == 0 && t.noise_floor == 0);
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/loads")->verdict);
	EXPECT_TRUE(row("f/loads")->p == 1);
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/interval")->verdict);
	EXPECT_EQ(0, strncmp("noise unknown", row("f/interval")->why, 13));
	EXPECT_EQ(VERDICT_SLOWER, row("f/exact")->verdict);
	docs_free();
}

/* Batches of the reference loop that took no time, as a document may say, set no scale. */
TEST(reference_loop_of_no_time)
{
	docs_init(CLOCK_KIND_NS);
	add_time(&a, "f/c", 16, 20, 5);
	add_time(&b, "f/c", 16, 25, 5);
	for (size_t i = 0; i < a.results[0].samples[SLOT_REF].nr; i++)
		a.results[0].samples[SLOT_REF].v[i].elapsed = 0;
	ASSERT_EQ(0, compare());
	EXPECT_EQ(VERDICT_SLOWER, row("f/c")->verdict);
	docs_free();
}

/* What only one side has cannot be used: the reference loop, the loads, a size. */
TEST(half_of_what_it_takes)
{
	struct result *r;

	docs_init(CLOCK_KIND_NS);
	add_aa(&a, 0.01);
	add_time(&a, "f/ref", 16, 20, 5);
	add_time(&b, "f/ref", 16, 20, 0);
	add_time(&a, "f/stripped_b", 16, 20, 0);
	put(doc_add(&b, "f/stripped_b", STATUS_OK), "raw", 22, 0.1, QUALITY_OK);
	put(doc_add(&a, "f/rate", STATUS_OK), "throughput", 100, 1, QUALITY_OK);
	put(doc_add(&b, "f/rate", STATUS_OK), "throughput", 80, 1, QUALITY_OK);
	put(doc_add(&a, "f/size_a", STATUS_OK), "jited", 1, 1, QUALITY_EXACT);
	doc_add(&b, "f/size_a", STATUS_OK);
	r = add_time(&a, "f/two_same", 2, 20, 0);
	r = add_time(&b, "f/two_same", 2, 20, 0);
	put(r, "xlated", 1, 1, QUALITY_EXACT);
	ASSERT_EQ(0, compare());
	EXPECT_EQ(VERDICT_SAME, row("f/ref")->verdict);
	EXPECT_EQ(VERDICT_SLOWER, row("f/stripped_b")->verdict);
	EXPECT_TRUE(row("f/stripped_b")->p == 1);
	EXPECT_EQ(VERDICT_SLOWER, row("f/rate")->verdict);
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/two_same")->verdict);
	EXPECT_STREQ("too few loads", WHY(*row("f/two_same")));
	docs_free();
}

TEST(every_allocation_fails)
{
	int ret;
	long n = 0;

	if (!can_fail())
		SKIP(return, "needs -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc");
	docs_init(CLOCK_KIND_NS);
	json_object_set_new(a.header.env, "kernel", json_string("6.1"));
	json_object_set_new(a.header.env, "cpu", json_string("other"));
	add_aa(&a, 0.1);
	add_aa(&b, 0.1);
	for (int i = 0; i < 2; i++) {
		struct run_doc *doc = i ? &b : &a;
		struct result *r = add_time(doc, "f/c", 8, 20, 5);

		put(r, "net", 10, 0.1, QUALITY_OK);
		add_loads(&r->samples[SLOT_BASE], 8, 10);
	}
	do {
		fail_after = n;
		ret = compare();
		fail_after = -1;
		if (ret) {
			ASSERT_EQ(-ENOMEM, ret);
			ASSERT_STREQ("out of memory", err);
			ASSERT_EQ(NULL, t.v);
			ASSERT_EQ(NULL, t.env_diffs);
		}
	} while (ret && n++ < 10000);
	EXPECT_EQ(0, ret);
	EXPECT_LT(30, n);
	docs_free();
}

TEST_HARNESS_MAIN
