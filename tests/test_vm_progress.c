// SPDX-License-Identifier: GPL-2.0-only
#include "kselftest_harness.h"
#include "vm/progress.h"

static int feed(struct progress *p, const char *line)
{
	return progress_line(p, line, strlen(line));
}

TEST(running_is_the_first_without_a_result)
{
	struct progress p = { 0 };

	EXPECT_TRUE(progress_running(&p) == NULL);
	EXPECT_EQ(feed(&p, "{\"type\":\"header\",\"plan\":[\"a\",\"b\",\"c\"]}"), 0);
	EXPECT_TRUE(p.has_plan);
	EXPECT_STREQ(progress_running(&p), "a");
	EXPECT_EQ(feed(&p, "{\"type\":\"result\",\"id\":\"a\"}"), 0);
	EXPECT_STREQ(progress_running(&p), "b");
	EXPECT_EQ(feed(&p, "{\"type\":\"result\",\"id\":\"c\"}"), 0);
	EXPECT_STREQ(progress_running(&p), "b");
	EXPECT_EQ(feed(&p, "{\"type\":\"result\",\"id\":\"b\"}"), 0);
	EXPECT_TRUE(progress_running(&p) == NULL);
	EXPECT_FALSE(p.has_end);
	EXPECT_EQ(feed(&p, "{\"type\":\"end\"}"), 0);
	EXPECT_TRUE(p.has_end);
	progress_free(&p);
}

TEST(an_id_planned_twice_needs_two_results)
{
	struct progress p = { 0 };

	feed(&p, "{\"plan\":[\"a\",\"a\"]}");
	feed(&p, "{\"type\":\"result\",\"id\":\"a\"}");
	EXPECT_STREQ(progress_running(&p), "a");
	feed(&p, "{\"type\":\"result\",\"id\":\"a\"}");
	EXPECT_TRUE(progress_running(&p) == NULL);
	progress_free(&p);
}

TEST(unknown_things_are_ignored)
{
	struct progress p = { 0 };

	EXPECT_EQ(feed(&p, "{\"plan\":[\"a\"]}"), 0);
	EXPECT_EQ(feed(&p, "{\"type\":\"result\",\"id\":\"zzz\"}"), 0);
	EXPECT_EQ(feed(&p, "{\"type\":\"result\"}"), 0);
	EXPECT_EQ(feed(&p, "{\"type\":7}"), 0);
	EXPECT_EQ(feed(&p, "{\"type\":\"note\"}"), 0);
	EXPECT_EQ(feed(&p, "{\"plan\":\"none\"}"), 0);
	EXPECT_STREQ(progress_running(&p), "a");
	progress_free(&p);
}

TEST(what_is_no_object_is_refused)
{
	static const char *const bad[] = { "", "x", "[]", "7", "{", "{\"a\":1} trailing", "\xff" };
	struct progress p = { 0 };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_EQ(feed(&p, bad[i]), -EBADMSG);
	EXPECT_EQ(feed(&p, "{\"plan\":[1,2]}"), -EBADMSG);
	progress_free(&p);
}

TEST_HARNESS_MAIN
