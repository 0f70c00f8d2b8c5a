// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "core/doc.h"
#include "core/metric.h"
#include "kselftest_harness.h"

TEST(find_and_at_agree)
{
	const struct metric_def *def;
	size_t i;

	for (i = 0; (def = metric_at(i)); i++)
		ASSERT_TRUE(metric_find(def->name) == def);
	/* A result can hold every metric at once; the reader relies on it. */
	ASSERT_LE(i, (size_t)RESULT_MAX_METRICS);
	ASSERT_EQ(NULL, metric_at(i));
	ASSERT_EQ(NULL, metric_find("score"));
	ASSERT_EQ(NULL, metric_find(""));
}

TEST(names_fit_a_document)
{
	const struct metric_def *def;

	for (size_t i = 0; (def = metric_at(i)); i++) {
		ASSERT_TRUE(doc_name_is_valid(def->name));
		ASSERT_LE(strlen(def->name), 40);
		ASSERT_TRUE(def->min_effect >= 0 && def->min_effect < 1);
	}
}

TEST(the_clock_gives_the_unit)
{
	static const char *const by_clock[] = { "net", "raw", "base", "ref", "slope" };

	for (size_t i = 0; i < 5; i++) {
		const struct metric_def *def = metric_find(by_clock[i]);

		ASSERT_NE(NULL, def);
		EXPECT_STREQ("ns/op", metric_unit(def, CLOCK_KIND_NS));
		EXPECT_STREQ("insn/op", metric_unit(def, CLOCK_KIND_INSN));
		EXPECT_STREQ("none", metric_unit(def, CLOCK_KIND_NONE));
		EXPECT_EQ(BETTER_LOWER, def->better);
	}
	EXPECT_STREQ("bytes", metric_unit(metric_find("jited"), CLOCK_KIND_INSN));
	EXPECT_STREQ("bytes", metric_unit(metric_find("xlated"), CLOCK_KIND_NS));
	EXPECT_STREQ("insns", metric_unit(metric_find("verified_insns"), CLOCK_KIND_NS));
	EXPECT_EQ(BETTER_NEITHER, metric_find("jited")->better);
	EXPECT_EQ(BETTER_HIGHER, metric_find("throughput")->better);
}

TEST(clocks_by_name)
{
	enum clock_kind clock;

	for (int i = 0; i < NR_CLOCK_KINDS; i++) {
		ASSERT_EQ(0, clock_kind_parse(clock_kind_name(i), &clock));
		ASSERT_EQ(i, (int)clock);
	}
	EXPECT_STREQ("ns", clock_kind_name(CLOCK_KIND_NS));
	EXPECT_STREQ("insn", clock_kind_name(CLOCK_KIND_INSN));
	EXPECT_STREQ("none", clock_kind_name(CLOCK_KIND_NONE));
	EXPECT_EQ(-EINVAL, clock_kind_parse("tsc", &clock));
}

TEST(betters_by_name)
{
	EXPECT_STREQ("lower", better_name(BETTER_LOWER));
	EXPECT_STREQ("higher", better_name(BETTER_HIGHER));
	EXPECT_STREQ("neither", better_name(BETTER_NEITHER));
}

TEST_HARNESS_MAIN
