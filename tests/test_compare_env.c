// SPDX-License-Identifier: GPL-2.0-only
/* What differs in the environments of two documents. */
#include <errno.h>

#include "compare_fixture.h"
#include "doc_fixture.h"
#include "kselftest_harness.h"

TEST(environments)
{
	docs_init(CLOCK_KIND_NS);
	ASSERT_EQ(0, compare());
	EXPECT_EQ(0, t.nr_env_diffs);
	json_object_set_new(a.header.env, "kernel", json_string("6.1"));
	json_object_set_new(b.header.env, "load1", json_real(3));
	json_object_set_new(a.header.env, "bpf_stats", json_integer(0));
	json_object_set_new(b.header.env, "bpf_stats", json_integer(1));
	json_object_set_new(a.header.env, "jit", json_true());
	json_object_set_new(b.header.env, "jit", json_false());
	json_object_set_new(b.header.env, "smt", json_real(0.5));
	json_object_set_new(a.header.env, "config", json_string("same"));
	json_object_set_new(b.header.env, "config", json_string("same"));
	free(b.header.version);
	b.header.version = NULL;
	ASSERT_EQ(0, compare());
	ASSERT_EQ(5, t.nr_env_diffs);
	EXPECT_STREQ("bench_progs: 0.1 -> not recorded", t.env_diffs[0]);
	EXPECT_STREQ("kernel: 6.1 -> 6.12.95", t.env_diffs[1]);
	EXPECT_STREQ("smt: not recorded -> 0.5", t.env_diffs[2]);
	EXPECT_STREQ("jit: true -> false", t.env_diffs[3]);
	EXPECT_STREQ("bpf_stats: 0 -> 1", t.env_diffs[4]);
	comparison_table_free(&t);
	free(a.header.version);
	a.header.version = NULL;
	ASSERT_EQ(0, compare());
	EXPECT_EQ(4, t.nr_env_diffs);
	docs_free();
}

/* Of what is a list only what the other side has not. */
TEST(environments_with_lists)
{
	static const struct {
		const char *a, *b, *diff;
	} lists[] = {
		{ "quiet mitigations=off x", "quiet x y", "cmdline: mitigations=off -> y" },
		{ "quiet", "quiet isolcpus=1", "cmdline: - -> isolcpus=1" },
		{ "a bb c", "c a", "cmdline: bb -> -" },
		{ "a b", "c d", "cmdline: a b -> c d" },
	};

	docs_init(CLOCK_KIND_NS);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		json_object_set_new(a.header.env, "cmdline", json_string(lists[i].a));
		json_object_set_new(b.header.env, "cmdline", json_string(lists[i].b));
		ASSERT_EQ(0, compare());
		ASSERT_EQ(1, t.nr_env_diffs);
		EXPECT_STREQ(lists[i].diff, t.env_diffs[0]);
	}
	json_object_set_new(a.header.env, "cmdline", json_string("d c"));
	ASSERT_EQ(0, compare());
	EXPECT_EQ(0, t.nr_env_diffs);
	json_object_del(a.header.env, "cmdline");
	json_object_set_new(b.header.env, "mitigations", json_string("v1: on; v2: IBRS, off"));
	ASSERT_EQ(0, compare());
	ASSERT_EQ(2, t.nr_env_diffs);
	EXPECT_STREQ("cmdline: not recorded -> c d", t.env_diffs[0]);
	json_object_set_new(a.header.env, "mitigations", json_string("v1: on; v2: Retpolines"));
	json_object_del(b.header.env, "cmdline");
	json_object_set_new(a.header.env, "cmdline", json_string("c d"));
	ASSERT_EQ(0, compare());
	EXPECT_STREQ("cmdline: c d -> not recorded", t.env_diffs[0]);
	EXPECT_STREQ("mitigations: v2: Retpolines -> v2: IBRS, off", t.env_diffs[1]);
	docs_free();
}

TEST(clocks_must_agree)
{
	docs_init(CLOCK_KIND_NS);
	b.header.clock = CLOCK_KIND_INSN;
	EXPECT_EQ(-EINVAL, compare());
	EXPECT_STREQ("A was measured by the ns clock, B by the insn clock", err);
	docs_free();
}

TEST_HARNESS_MAIN
