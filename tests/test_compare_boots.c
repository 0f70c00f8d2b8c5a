// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several boots a side, timed; in counts: test_compare_counts.c. Rates of false verdicts by
 * simulation: test_compare_sim.c.
 * Allocations fail by __wrap_malloc, __wrap_calloc and __wrap_realloc of doc_fixture.h.
 */
#include <errno.h>
#include <math.h>

#include "boots_fixture.h"
#include "kselftest_harness.h"

/* @nr boots of a case around @ns, spread evenly by +-1 %, with a reference loop that stays. */
static void put_boots(struct run_doc *docs, int nr, const char *id, double ns)
{
	for (int i = 0; i < nr; i++) {
		put(&docs[i], id, "raw", ns * (0.99 + 0.02 * ((i * 5) % nr) / nr), QUALITY_OK);
		put(&docs[i], id, "ref", 5, QUALITY_OK);
	}
}

TEST(verdicts_by_boot)
{
	boots_init(CLOCK_KIND_NS);
	put_boots(a, 8, "f/same", 20);
	put_boots(b, 8, "f/same", 20.01);
	put_boots(a, 8, "f/slower", 20);
	put_boots(b, 8, "f/slower", 22);
	put_boots(a, 8, "f/faster", 20);
	put_boots(b, 8, "f/faster", 18);
	put_boots(a, 8, "f/near", 20);
	put_boots(b, 8, "f/near", 20.4);
	ASSERT_EQ(0, compare(8, 8));
	EXPECT_TRUE(t.by_boot && !t.exact);
	EXPECT_EQ(8, t.a.nr);
	EXPECT_EQ(1, t.nr_looks);
	EXPECT_TRUE(t.alpha == COMPARE_ALPHA);
	EXPECT_EQ(VERDICT_SAME, row("f/same")->verdict);
	EXPECT_EQ(4, t.nr);
	EXPECT_EQ(VERDICT_SLOWER, row("f/slower")->verdict);
	EXPECT_TRUE(fabs(row("f/slower")->shift - 2) < 0.05);
	EXPECT_TRUE(row("f/slower")->shift_iv.level >= 0.95);
	EXPECT_EQ(8, row("f/slower")->nr_a);
	/* 2 / C(16, 8) for the smallest of four. */
	EXPECT_TRUE(fabs(row("f/slower")->p - 4 * 2 / 12870.0) < 1e-9);
	EXPECT_EQ(VERDICT_FASTER, row("f/faster")->verdict);
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/near")->verdict);
	EXPECT_TRUE(row("f/near")->is_open);
	EXPECT_FALSE(row("f/slower")->is_open || row("f/same")->is_open);
	EXPECT_FALSE(comparison_table_is_settled(&t));
	/* With itself. */
	comparison_table_free(&t);
	ASSERT_EQ(0, compare_sets(a, 8, a, 8, &t, err, sizeof(err_buf)));
	EXPECT_EQ(4, t.nr);
	EXPECT_EQ(4, t.nr_verdicts[VERDICT_SAME]);
	boots_free();
}

/* The reference loop moved between the sides, all boots of a side alike. */
TEST(drift_of_a_side)
{
	boots_init(CLOCK_KIND_NS);
	for (int i = 0; i < 8; i++) {
		put(&a[i], "f/c", "raw", 20, QUALITY_OK);
		put(&a[i], "f/c", "ref", 5, QUALITY_OK);
		put(&b[i], "f/c", "raw", 22, QUALITY_OK);
		put(&b[i], "f/c", "ref", 5.5, QUALITY_OK);
		put(&a[i], i == 2 ? "selfcheck/empty:n=1" : "selfcheck/empty", "net",
		    i == 3 ? 7 : 0.1, QUALITY_UNRESOLVED);
	}
	ASSERT_EQ(0, compare(8, 8));
	EXPECT_TRUE(fabs(t.noise - 0.1) < 1e-9);
	/* One bad A/A of eight is not the floor: 0.1 +- 0.5 is. */
	EXPECT_TRUE(fabs(t.noise_floor - 0.6) < 1e-9);
	EXPECT_EQ(VERDICT_SAME, row("f/c")->verdict);
	EXPECT_TRUE(comparison_table_is_settled(&t));
	boots_free();
}

/*
 * Boots of either side beside whose row the reference loop was slow are left out, by the side's own
 * fastest; those whose other rows were slow are not.
 */
TEST(slowed_boots_are_left_out)
{
	boots_init(CLOCK_KIND_NS);
	put_boots(a, 10, "f/c", 20);
	put_boots(b, 9, "f/c", 22);
	put_boots(a, 10, "f/other", 20);
	put_boots(b, 9, "f/other", 20);
	for (int i = 0; i < 3; i++) {
		a[i].results[0].metrics[0].est.value = 40;
		a[i].results[0].metrics[1].est.value = 5.6;
		b[i + 1].results[0].metrics[0].est.value = 12;
		b[i + 1].results[0].metrics[1].est.value = 9;
	}
	ASSERT_EQ(0, compare(10, 9));
	EXPECT_EQ(7, row("f/c")->nr_a);
	EXPECT_EQ(6, row("f/c")->nr_b);
	EXPECT_EQ(VERDICT_SLOWER, row("f/c")->verdict);
	EXPECT_TRUE(fabs(row("f/c")->shift - 2) < 0.2);
	EXPECT_EQ(10, row("f/other")->nr_a);
	EXPECT_EQ(VERDICT_SAME, row("f/other")->verdict);
	/* Too few are left. */
	for (int i = 3; i < 5; i++)
		a[i].results[0].metrics[1].est.value = 9;
	ASSERT_EQ(0, compare(10, 9));
	EXPECT_EQ(5, row("f/c")->nr_a);
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/c")->verdict);
	EXPECT_TRUE(row("f/c")->is_open);
	boots_free();
}

/* Two frequencies, met by the boots of a side in other shares: a row is as far as it is at one. */
TEST(boots_at_two_frequencies)
{
	boots_init(CLOCK_KIND_NS);
	put_boots(a, 9, "f/c", 20);
	put_boots(b, 9, "f/c", 21);
	put_boots(a, 9, "f/equal", 20);
	put_boots(b, 9, "f/equal", 20);
	for (int i = 0; i < 9; i++)
		for (int k = 0; k < 2; k++) {
			struct metric *m = (k ? b : a)[i].results[0].metrics;

			m[0].est.value *= i % 3 == k ? 1.08 : 1;
			m[1].est.value *= i % 3 == k ? 1.08 : 1;
		}
	ASSERT_EQ(0, compare(9, 9));
	EXPECT_EQ(9, row("f/c")->nr_a);
	EXPECT_EQ(VERDICT_SLOWER, row("f/c")->verdict);
	EXPECT_TRUE(row("f/c")->shift_iv.hi - row("f/c")->shift_iv.lo < 0.6);
	EXPECT_EQ(VERDICT_SAME, row("f/equal")->verdict);
	/* A side with a frequency of its own, or whose kernel makes the loop, too, slower: not told. */
	for (int i = 0; i < 9; i++)
		for (int k = 0; k < 2; k++) {
			b[i].results[0].metrics[k].est.value = a[i].results[0].metrics[k].est.value;
			b[i].results[0].metrics[k].est.value *= 1.05;
		}
	ASSERT_EQ(0, compare(9, 9));
	EXPECT_TRUE(fabs(row("f/c")->shift) < 0.01);
	EXPECT_TRUE(row("f/c")->delta > 1);
	EXPECT_EQ(VERDICT_SAME, row("f/c")->verdict);
	/* Only the loop is slower, by 5 %: the row is not called faster for it. */
	for (int i = 0; i < 9; i++)
		b[i].results[0].metrics[0].est.value /= 1.05;
	ASSERT_EQ(0, compare(9, 9));
	EXPECT_TRUE(fabs(row("f/c")->shift + 1) < 0.1);
	EXPECT_NE(VERDICT_FASTER, row("f/c")->verdict);
	boots_free();
}

/* What a document says may be nonsense: a reference loop that takes no time is none. */
TEST(reference_loop_of_no_time)
{
	boots_init(CLOCK_KIND_NS);
	put_boots(a, 8, "f/c", 20);
	put_boots(b, 8, "f/c", 22);
	a[3].results[0].metrics[1].est.value = 0;
	b[2].results[0].metrics[1].est.value = -5;
	ASSERT_EQ(0, compare(8, 8));
	EXPECT_EQ(8, row("f/c")->nr_a);
	EXPECT_EQ(8, row("f/c")->nr_b);
	EXPECT_EQ(VERDICT_SLOWER, row("f/c")->verdict);
	EXPECT_TRUE(t.noise < 1e-9);
	a[3].results[0].metrics[1].est.value = 5;
	ASSERT_EQ(0, compare(8, 8));
	EXPECT_EQ(VERDICT_SLOWER, row("f/c")->verdict);
	boots_free();
}

/* Slowed boots do not make a movement of the reference loop; a whole side that is slower does. */
TEST(reference_loop_of_slowed_boots)
{
	boots_init(CLOCK_KIND_NS);
	put_boots(a, 8, "f/c", 20);
	put_boots(b, 8, "f/c", 20);
	for (int i = 0; i < 5; i++)
		b[i].results[0].metrics[1].est.value = 9;
	ASSERT_EQ(0, compare(8, 8));
	EXPECT_TRUE(t.noise < 1e-9);
	for (int i = 0; i < 8; i++)
		b[i].results[0].metrics[1].est.value = 9;
	ASSERT_EQ(0, compare(8, 8));
	EXPECT_TRUE(fabs(t.noise - 0.8) < 1e-9);
	EXPECT_EQ(8, row("f/c")->nr_b);
	boots_free();
}

/* The error of a net is that of raw and base, of the median boot. */
TEST(scale_of_a_net)
{
	boots_init(CLOCK_KIND_NS);
	for (int i = 0; i < 6; i++) {
		put(&a[i], "f/net", "net", 0.4, QUALITY_OK);
		put(&a[i], "f/net", "raw", i ? 20 : 99, QUALITY_OK);
		put(&a[i], "f/net", "base", 15, QUALITY_OK);
		put(&a[i], "f/net", "ref", 5, QUALITY_OK);
		put(&b[i], "f/net", "net", 0.7, QUALITY_OK);
		put(&b[i], "f/net", "ref", 5, QUALITY_OK);
	}
	ASSERT_EQ(0, compare(6, 6));
	EXPECT_TRUE(fabs(row("f/net")->delta - 0.02 * 25) < 1e-9);
	EXPECT_EQ(VERDICT_SAME, row("f/net")->verdict);
	boots_free();
}

TEST(too_few_boots)
{
	boots_init(CLOCK_KIND_NS);
	put_boots(a, 6, "f/c", 20);
	put_boots(b, 6, "f/c", 30);
	ASSERT_EQ(0, compare(3, 3));
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/c")->verdict);
	EXPECT_STREQ("too few boots: 3 and 3 reach 90.0 % at best (6 a side are the least)",
		     why("f/c"));
	EXPECT_TRUE(row("f/c")->is_open && row("f/c")->p == 1);
	EXPECT_FALSE(comparison_table_is_settled(&t));
	ASSERT_EQ(0, compare(1, 6));
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/c")->verdict);
	EXPECT_EQ(0, strncmp(row("f/c")->why, "too few boots: 1 and 6 reach 71.4 %", 35));
	ASSERT_EQ(0, compare(6, 5));
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/c")->verdict);
	ASSERT_EQ(0, compare(6, 6));
	EXPECT_EQ(VERDICT_SLOWER, row("f/c")->verdict);
	EXPECT_TRUE(comparison_table_is_settled(&t));
	boots_free();
}

/* Six boots a side cannot tell one of 24 rows from chance, seven can. */
TEST(holm_needs_boots)
{
	char id[16];

	boots_init(CLOCK_KIND_NS);
	for (int i = 0; i < 24; i++) {
		snprintf(id, sizeof(id), "f/c%d", i);
		put_boots(a, 7, id, 20);
		put_boots(b, 7, id, i ? 20 : 30);
	}
	ASSERT_EQ(0, compare(6, 6));
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/c0")->verdict);
	EXPECT_STREQ("beyond delta, but p = 0.052 over the table", why("f/c0"));
	EXPECT_TRUE(row("f/c0")->is_open);
	ASSERT_EQ(0, compare(7, 7));
	EXPECT_EQ(VERDICT_SLOWER, row("f/c0")->verdict);
	EXPECT_EQ(6, compare_boots_needed(1, 1));
	EXPECT_EQ(6, compare_boots_needed(23, 1));
	EXPECT_EQ(7, compare_boots_needed(24, 1));
	EXPECT_EQ(9, compare_boots_needed(700, 1));
	EXPECT_EQ(9, compare_boots_needed(405, 3));
	EXPECT_EQ(10, compare_boots_needed(406, 3));
	boots_free();
}

TEST(looks)
{
	static const struct {
		unsigned int max, at[8];
	} plans[] = {
		{ 1, { 1 } }, { 6, { 6 } }, { 8, { 8 } }, { 9, { 6, 9 } }, { 11, { 6, 11 } },
		{ 12, { 6, 9, 12 } }, { 16, { 6, 9, 12, 16 } },
	};

	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		unsigned int nr = 0;

		for (unsigned int at = 0; at < plans[i].max; nr++) {
			at = compare_next_look(at, plans[i].max);
			EXPECT_EQ(plans[i].at[nr], at);
		}
		EXPECT_EQ(nr, compare_nr_looks(plans[i].max));
	}
}

/* What a boot says of the planned looks tightens every verdict and interval. */
TEST(looks_share_the_error_rate)
{
	char id[16];

	boots_init(CLOCK_KIND_NS);
	for (int i = 0; i < 10; i++) {
		snprintf(id, sizeof(id), "f/c%d", i);
		put_boots(a, 6, id, 20);
		put_boots(b, 6, id, i ? 20 : 30);
	}
	ASSERT_EQ(0, compare(6, 6));
	EXPECT_EQ(VERDICT_SLOWER, row("f/c0")->verdict);
	json_object_set_new(b[2].header.env, COMPARE_LOOKS_KEY, json_integer(3));
	ASSERT_EQ(0, compare(6, 6));
	EXPECT_EQ(3, t.nr_looks);
	EXPECT_TRUE(fabs(t.alpha - 0.05 / 3) < 1e-12);
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/c0")->verdict);
	EXPECT_TRUE(row("f/c1")->shift_iv.level >= 1 - 0.05 / 3);
	EXPECT_EQ(0, t.nr_env_diffs);
	json_object_set_new(a[1].header.env, COMPARE_LOOKS_KEY, json_integer(1000));
	ASSERT_EQ(0, compare(6, 6));
	EXPECT_EQ(64, t.nr_looks);
	/* 99.9 % is more than six a side can give. */
	EXPECT_STREQ("too few boots", why("f/c1"));
	/* One document a side is one look at loads. */
	ASSERT_EQ(0, compare(1, 1));
	EXPECT_EQ(1, t.nr_looks);
	EXPECT_FALSE(t.by_boot);
	boots_free();
}

TEST(boots_without_the_figure)
{
	struct result *r;

	boots_init(CLOCK_KIND_NS);
	put_boots(a, 8, "f/c", 20);
	put_boots(b, 8, "f/c", 30);
	a[2].results[0].metrics[0].est.quality = QUALITY_UNSTABLE;
	b[0].results[0].status = STATUS_SKIP;
	b[1].results[0].status = STATUS_FAIL;
	result_set_reason(&b[0].results[0], "not now");
	result_set_reason(&b[1].results[0], "wrong sum");
	/* In no boot of a side. */
	put_boots(a, 8, "f/unstable", 20);
	for (int i = 0; i < 8; i++)
		put(&b[i], "f/unstable", "raw", 20, QUALITY_UNSTABLE);
	put_boots(b, 8, "f/unstable_a", 20);
	for (int i = 0; i < 8; i++)
		put(&a[i], "f/unstable_a", "raw", 20, QUALITY_UNSTABLE);
	put_boots(a, 8, "f/failed", 20);
	for (int i = 0; i < 8; i++) {
		r = doc_add(&b[i], "f/failed", i < 4 ? STATUS_SKIP : STATUS_CRASH);
		result_set_reason(r, "boot %d", i);
	}
	/* Seen by some boots only, the first of them of B. */
	put(&b[5], "f/late", "raw", 1, QUALITY_OK);
	put(&a[4], "f/later", "raw", 1, QUALITY_OK);
	put(&b[6], "f/late", "raw", 1, QUALITY_OK);
	put(&b[7], "f/later", "throughput", 1, QUALITY_OK);
	put_boots(a, 8, "f/bare", 20);
	put_boots(b, 7, "f/bare", 20);
	doc_add(&b[7], "f/bare", STATUS_OK);
	ASSERT_EQ(0, compare(8, 8));
	EXPECT_EQ(VERDICT_SLOWER, row("f/c")->verdict);
	EXPECT_EQ(7, row("f/c")->nr_a);
	EXPECT_EQ(6, row("f/c")->nr_b);
	EXPECT_EQ(STATUS_OK, row("f/c")->b->status);
	EXPECT_STREQ("unstable in B", why("f/unstable"));
	EXPECT_TRUE(row("f/unstable")->value_b == 20 && !row("f/unstable")->nr_b);
	EXPECT_STREQ("unstable in A", why("f/unstable_a"));
	/* A failure speaks before a skip. */
	EXPECT_STREQ("crash in B: boot 4", why("f/failed"));
	EXPECT_STREQ("only in B", why("f/late"));
	EXPECT_STREQ("no figure that both have", why("f/later"));
	EXPECT_FALSE(row("f/late")->is_open);
	EXPECT_EQ(VERDICT_SAME, row("f/bare")->verdict);
	EXPECT_EQ(7, row("f/bare")->nr_b);
	EXPECT_EQ(7, t.nr);
	/* Too few are left. */
	b[2].results[0].status = STATUS_SKIP;
	ASSERT_EQ(0, compare(8, 8));
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/c")->verdict);
	EXPECT_EQ(5, row("f/c")->nr_b);
	boots_free();
}

TEST(no_noise_floor_no_verdict)
{
	boots_init(CLOCK_KIND_NS);
	for (int i = 0; i < 6; i++) {
		put(&a[i], "f/c", "raw", 20, QUALITY_OK);
		put(&b[i], "f/c", "raw", 30, QUALITY_OK);
	}
	put(&a[0], "f/c", "ref", 0, QUALITY_OK);
	put(&b[0], "f/c", "ref", 0, QUALITY_OK);
	ASSERT_EQ(0, compare(6, 6));
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/c")->verdict);
	EXPECT_EQ(0, strncmp(row("f/c")->why, "noise unknown", 13));
	EXPECT_FALSE(row("f/c")->is_open);
	EXPECT_TRUE(comparison_table_is_settled(&t));
	boots_free();
}

/* In time mode what is exact in each boot, but not the same in all, is a figure like others. */
TEST(exact_figures_of_time_mode)
{
	boots_init(CLOCK_KIND_NS);
	for (int i = 0; i < 6; i++) {
		put(&a[i], "f/rate", "throughput", 100, QUALITY_EXACT);
		put(&b[i], "f/rate", "throughput", 50, QUALITY_EXACT);
		put(&a[i], "f/varies", "throughput", 100 + i, QUALITY_EXACT);
		put(&a[i], "f/varies", "ref", 5, QUALITY_OK);
		put(&b[i], "f/varies", "throughput", 50 + i, QUALITY_EXACT);
		put(&b[i], "f/varies", "ref", 5, QUALITY_OK);
		put(&a[i], "f/varies_b", "throughput", 100, QUALITY_EXACT);
		put(&b[i], "f/varies_b", "throughput", 150 + i, QUALITY_EXACT);
	}
	ASSERT_EQ(0, compare(6, 6));
	EXPECT_EQ(VERDICT_FASTER, row("f/varies_b")->verdict);
	EXPECT_TRUE(row("f/rate")->shift_iv.level == 1);
	EXPECT_EQ(VERDICT_SLOWER, row("f/varies")->verdict);
	EXPECT_TRUE(row("f/varies")->p < 0.01);
	boots_free();
}

TEST(sides_are_checked)
{
	boots_init(CLOCK_KIND_NS);
	EXPECT_EQ(-EINVAL, compare(0, 1));
	EXPECT_STREQ("A has 0 boots: 1 to 64 can be compared", err);
	EXPECT_EQ(-EINVAL, compare(1, 65));
	EXPECT_STREQ("B has 65 boots: 1 to 64 can be compared", err);
	EXPECT_EQ(0, compare(64, 64));
	json_object_set_new(b[2].header.env, "kernel", json_string("6.1"));
	EXPECT_EQ(-EINVAL, compare(3, 3));
	EXPECT_STREQ("boots 1 and 3 of B differ, a side is one kernel on one machine: "
		     "kernel: 6.12.95 -> 6.1", err);
	EXPECT_EQ(NULL, t.v);
	EXPECT_EQ(0, compare(3, 2));
	a[1].header.clock = CLOCK_KIND_INSN;
	EXPECT_EQ(-EINVAL, compare(2, 2));
	EXPECT_STREQ("boots 1 and 2 of A were measured by different clocks", err);
	boots_free();
}

TEST(every_allocation_fails)
{
	int ret;
	long n = 0;

	if (!can_fail())
		SKIP(return, "needs -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc");
	boots_init(CLOCK_KIND_NS);
	json_object_set_new(a[0].header.env, "cpu", json_string("other"));
	json_object_set_new(a[1].header.env, "cpu", json_string("other"));
	for (int i = 0; i < 6; i++) {
		struct run_doc *docs[] = { &a[i], &b[i] };

		json_object_set_new(a[i].header.env, "cpu", json_string("other"));
		for (int k = 0; k < 2; k++) {
			put(docs[k], "selfcheck/empty", "net", 0, QUALITY_UNRESOLVED);
			put(docs[k], "f/c", "net", 10 + i, QUALITY_OK);
			put(docs[k], "f/c", "raw", 20 + i, QUALITY_OK);
			put(docs[k], "f/c", "base", 10, QUALITY_OK);
			put(docs[k], "f/c", "ref", 5, QUALITY_OK);
		}
	}
	do {
		fail_after = n;
		ret = compare(6, 6);
		fail_after = -1;
		if (ret) {
			ASSERT_EQ(-ENOMEM, ret);
			ASSERT_STREQ("out of memory", err);
			ASSERT_EQ(NULL, t.v);
			ASSERT_EQ(NULL, t.env_diffs);
		}
	} while (ret && n++ < 10000);
	EXPECT_EQ(0, ret);
	EXPECT_LT(40, n);
	boots_free();
}

TEST_HARNESS_MAIN
