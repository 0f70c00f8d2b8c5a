// SPDX-License-Identifier: GPL-2.0-only
/* Several boots a side, in counts. */
#include "boots_fixture.h"
#include "kselftest_harness.h"

TEST(counted_boots_repeat)
{
	boots_init(CLOCK_KIND_INSN);
	for (int i = 0; i < 3; i++) {
		put(&a[i], "f/same", "net", 41, QUALITY_EXACT);
		put(&b[i], "f/same", "net", 41, QUALITY_EXACT);
		put(&a[i], "f/one_more", "net", 41, QUALITY_EXACT);
		put(&b[i], "f/one_more", "net", 42, QUALITY_EXACT);
		put(&a[i], "f/overlap", "net", 41, QUALITY_EXACT);
		put(&b[i], "f/overlap", "net", 41 + i, QUALITY_EXACT);
		put(&a[i], "f/apart", "net", 50 + i, QUALITY_EXACT);
		put(&b[i], "f/apart", "net", 41 + i, QUALITY_EXACT);
		put(&a[i], "f/a", "net", 41 + i, QUALITY_EXACT);
		put(&b[i], "f/a", "net", 43, QUALITY_EXACT);
		/* Not exact in itself, though equal in each. */
		put(&a[i], "f/inexact", "net", 41, QUALITY_EXACT);
		put(&b[i], "f/inexact", "net", 41, i == 1 ? QUALITY_INEXACT : QUALITY_EXACT);
	}
	ASSERT_EQ(0, compare(3, 3));
	EXPECT_TRUE(t.exact && !t.by_boot);
	EXPECT_EQ(VERDICT_SAME, row("f/same")->verdict);
	EXPECT_EQ(VERDICT_SLOWER, row("f/one_more")->verdict);
	EXPECT_STREQ("", why("f/one_more"));
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/overlap")->verdict);
	EXPECT_STREQ("boots of B disagree", why("f/overlap"));
	EXPECT_TRUE(row("f/overlap")->shift_iv.lo == 0 && row("f/overlap")->shift_iv.hi == 2);
	EXPECT_TRUE(row("f/overlap")->value_b == 42);
	EXPECT_EQ(VERDICT_FASTER, row("f/apart")->verdict);
	EXPECT_STREQ("boots of A and of B disagree", why("f/apart"));
	EXPECT_STREQ("boots of A disagree", why("f/a"));
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/inexact")->verdict);
	EXPECT_STREQ("the intervals overlap", why("f/inexact"));
	/* More boots would not settle what does not repeat. */
	EXPECT_TRUE(comparison_table_is_settled(&t));
	/* One boot a side suffices. */
	ASSERT_EQ(0, compare(1, 3));
	EXPECT_EQ(VERDICT_SLOWER, row("f/one_more")->verdict);
	ASSERT_EQ(0, compare(1, 1));
	EXPECT_EQ(VERDICT_SAME, row("f/overlap")->verdict);
	boots_free();
}

/* One row in counts, in batches of 8 operations. */
static struct result *put_count(struct run_doc *doc, const char *id, bool is_user_loop, double raw,
				double net)
{
	const struct sample s = { .elapsed = 8, .done = 8 };
	struct result *r;

	put(doc, id, "raw", raw, QUALITY_EXACT);
	r = put(doc, id, "net", net, QUALITY_EXACT);
	r->is_user_loop = is_user_loop;
	sample_set__add(&r->samples[SLOT_RAW], &s);
	return r;
}

static void put_point(struct run_doc *doc, const char *name, bool is_user_loop, int x, double net)
{
	char id[32];
	struct result *r;

	snprintf(id, sizeof(id), "f/%s:n=%d", name, x);
	r = put_count(doc, id, is_user_loop, 5000 + net, net);
	free(r->name);
	r->name = strdup(name);
	r->params[r->nr_params++] = (struct param){ strdup("n"), x };
}

/* A line of slope @slope through 1, 4 and 10; what raw is of it: 10/42 of some 5000 = 1200. */
static void put_line(struct run_doc *doc, const char *name, bool is_user_loop, double slope)
{
	char id[32];

	for (int x = 1; x <= 10; x += x < 4 ? 3 : 6)
		put_point(doc, name, is_user_loop, x, slope * x);
	snprintf(id, sizeof(id), "f/slope_%s", name);
	put(doc, id, "slope", slope, QUALITY_EXACT);
}

/* Of what user space repeats a little, beside raw, may be where memory lies. */
TEST(small_changes_of_counts)
{
	boots_init(CLOCK_KIND_INSN);
	for (int i = 0; i < 6; i++) {
		a[i].header.seed = b[i].header.seed = i;
		put_count(&a[i], "f/stays", true, 7000, 200);
		put_count(&b[i], "f/stays", true, 7013, 213);
		put_count(&a[i], "f/moves", true, 7000, 200);
		put_count(&b[i], "f/moves", true, 7013, 213 - 13 * (i == 2));
		put_count(&a[i], "f/rounds", true, 7000, 200);
		put_count(&b[i], "f/rounds", true, 7000, 200 + 0.25 * (i == 2));
		if (i)
			continue;
		put_count(&a[i], "f/far", true, 7000, 200);
		put_count(&b[i], "f/far", true, 7071, 271);
		put_count(&a[i], "f/program", false, 7000, 200);
		put_count(&b[i], "f/program", false, 7001, 201);
		/* By less than 2 counts of each point; by 0.4 % of raw, twice; and by 1.7 %. */
		put_line(&a[i], "count", true, 20);
		put_line(&b[i], "count", true, 20.05);
		put_line(&a[i], "user", true, 20);
		put_line(&b[i], "user", true, 25);
		put_line(&a[i], "kernel", false, 20);
		put_line(&b[i], "kernel", false, 25);
		put_line(&a[i], "long", true, 20);
		put_line(&b[i], "long", true, 40);
	}
	for (int boots = 1; boots < 6; boots++) {
		ASSERT_EQ(0, compare(boots, 6));
		EXPECT_EQ(VERDICT_UNRESOLVED, row("f/stays")->verdict);
		EXPECT_STREQ("where memory lies may move 1 % of raw: 6 boots of other seeds a side "
			     "tell", why("f/stays"));
		EXPECT_TRUE(row("f/stays")->is_open);
		EXPECT_EQ(VERDICT_SLOWER, row("f/far")->verdict);
		EXPECT_EQ(VERDICT_SLOWER, row("f/program")->verdict);
		EXPECT_EQ(VERDICT_SAME, row("f/slope_count")->verdict);
		EXPECT_EQ(VERDICT_UNRESOLVED, row("f/slope_user")->verdict);
		EXPECT_TRUE(row("f/slope_user")->is_open);
		EXPECT_EQ(VERDICT_SLOWER, row("f/slope_kernel")->verdict);
		EXPECT_EQ(VERDICT_SLOWER, row("f/slope_long")->verdict);
	}
	ASSERT_EQ(0, compare(6, 6));
	EXPECT_EQ(VERDICT_SLOWER, row("f/stays")->verdict);
	EXPECT_STREQ("", why("f/stays"));
	EXPECT_EQ(VERDICT_UNRESOLVED, row("f/moves")->verdict);
	EXPECT_STREQ("boots of B disagree", why("f/moves"));
	EXPECT_FALSE(row("f/stays")->is_open || row("f/moves")->is_open);
	/* By no more than the clock rounds. */
	EXPECT_EQ(VERDICT_SAME, row("f/rounds")->verdict);
	EXPECT_STREQ("", why("f/rounds"));
	/* Only the first boot has it. */
	EXPECT_TRUE(row("f/far")->nr_a == 1 && row("f/far")->of_a == 1);
	EXPECT_TRUE(row("f/stays")->nr_b == 6 && row("f/stays")->of_b == 6);
	/* The same boot six times is one. */
	a[5].header.seed = a[4].header.seed;
	ASSERT_EQ(0, compare(6, 6));
	EXPECT_TRUE(row("f/stays")->is_open);
	boots_free();
}

TEST_HARNESS_MAIN
