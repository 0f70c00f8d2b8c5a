// SPDX-License-Identifier: GPL-2.0-only
/* Tags of benches that user space runs or triggers. */
#include <errno.h>
#include <string.h>

#include "core/bench.h"
#include "fail_alloc.h"
#include "kselftest_harness.h"

#define D "bench:description=d"
#define ADD(list, prog, ...) add(list, prog, (const char *const[]){ __VA_ARGS__, NULL })

static char err[256];

static int add(struct bench_list *list, const char *prog, const char *const *tags)
{
	size_t nr = 0;

	while (tags[nr])
		nr++;
	err[0] = '\0';
	return bench_list_add(list, "fam", prog, tags, nr, err, sizeof(err));
}

FIXTURE(benches) {
	struct bench_list list;
};

FIXTURE_SETUP(benches)
{
	memset(&self->list, 0, sizeof(self->list));
}

FIXTURE_TEARDOWN(benches)
{
	bench_list_free(&self->list);
}

TEST_F(benches, drivers)
{
	ASSERT_EQ(0, ADD(&self->list, "a", D, "bench:driver=attach"));
	ASSERT_EQ(0, ADD(&self->list, "u", D, "bench:driver=user"));
	ASSERT_EQ(0, ADD(&self->list, "t", D, "bench:driver=test_run"));
	ASSERT_EQ(0, ADD(&self->list, "l", D));
	EXPECT_EQ(DRIVER_ATTACH, self->list.v[0].driver);
	EXPECT_EQ(DRIVER_USER, self->list.v[1].driver);
	EXPECT_EQ(-EINVAL, ADD(&self->list, "x", D, "bench:driver=users"));
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(i < 2, bench_has_run(&self->list.v[i]));
		EXPECT_EQ(i == 3, bench_has_loop(&self->list.v[i]));
		/* User space can do one operation, a loop a chunk of them. */
		EXPECT_EQ(i < 2 ? 1 : BENCH_MIN_BATCH, self->list.v[i].min_batch);
	}
}

/* What user space does without a program is the baseline of what it does with one; no other is. */
TEST_F(benches, baselines_of_run)
{
	ASSERT_EQ(0, ADD(&self->list, "nothing", D, "bench:driver=user"));
	ASSERT_EQ(0, ADD(&self->list, "hook", D, "bench:driver=attach", "bench:baseline=nothing"));
	ASSERT_EQ(0, ADD(&self->list, "twin", D, "bench:driver=user", "bench:baseline=hook"));
	EXPECT_EQ(0, bench_list_resolve(&self->list, err, sizeof(err)));
	EXPECT_EQ(0, self->list.v[1].base);
	ASSERT_EQ(0, ADD(&self->list, "loop", D, "bench:baseline=nothing"));
	EXPECT_EQ(-EINVAL, bench_list_resolve(&self->list, err, sizeof(err)));
	EXPECT_NE(NULL, strstr(err, "another driver"));
}

TEST_F(benches, baseline_of_a_test_run_is_no_run)
{
	ASSERT_EQ(0, ADD(&self->list, "nothing", D, "bench:driver=test_run"));
	ASSERT_EQ(0, ADD(&self->list, "hook", D, "bench:driver=attach", "bench:baseline=nothing"));
	EXPECT_EQ(-EINVAL, bench_list_resolve(&self->list, err, sizeof(err)));
}

TEST_F(benches, trigger_and_exclusive)
{
	ASSERT_EQ(0, ADD(&self->list, "p", D, "bench:trigger=loop", "bench:baseline=loop",
			 "bench:exclusive=", "bench:unrehearsed=", "bench:loads=6",
			 "bench:rounds=4"));
	EXPECT_STREQ("loop", self->list.v[0].trigger);
	EXPECT_TRUE(self->list.v[0].is_exclusive);
	EXPECT_TRUE(self->list.v[0].is_unrehearsed);
	EXPECT_EQ(6, self->list.v[0].max_loads);
	EXPECT_EQ(4, self->list.v[0].max_rounds);
	ASSERT_EQ(0, ADD(&self->list, "q", D));
	EXPECT_EQ(NULL, self->list.v[1].trigger);
	EXPECT_FALSE(self->list.v[1].is_exclusive);
	EXPECT_FALSE(self->list.v[1].is_unrehearsed);
	EXPECT_EQ(0, self->list.v[1].max_loads);
	EXPECT_EQ(0, self->list.v[1].max_rounds);

	EXPECT_EQ(-EINVAL, ADD(&self->list, "p", D, "bench:trigger="));
	EXPECT_EQ(-EINVAL, ADD(&self->list, "p", D, "bench:trigger=l", "bench:driver=attach"));
	EXPECT_NE(NULL, strstr(err, "excludes __driver()"));
	EXPECT_EQ(-EINVAL, ADD(&self->list, "p", D, "bench:exclusive=1", "bench:baseline=loop"));
	EXPECT_EQ(-EINVAL, ADD(&self->list, "p", D, "bench:unrehearsed=1"));
	EXPECT_EQ(-EINVAL, ADD(&self->list, "p", D, "bench:exclusive="));
	EXPECT_NE(NULL, strstr(err, "__exclusive needs a bench as its baseline"));
	EXPECT_EQ(-EINVAL, ADD(&self->list, "p", D, "bench:exclusive=", "bench:baseline=once",
			       "bench:driver=test_run"));
}

TEST_F(benches, numbers)
{
	static const char *const bad[] = {
		"bench:loads=", "bench:loads=0", "bench:loads=1001", "bench:loads=n",
		"bench:rounds=", "bench:rounds=3", "bench:rounds=1001", "bench:rounds=n",
		"bench:workers=", "bench:workers=m", "bench:workers=65",
	};

	ASSERT_EQ(0, ADD(&self->list, "p", D, "bench:param=cpus=1,64", "bench:workers=cpus"));
	EXPECT_EQ(1, self->list.v[0].workers);
	EXPECT_EQ(64, self->list.v[1].workers);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_EQ(-EINVAL, ADD(&self->list, "p", D, bad[i])) {
			TH_LOG("taken: %s", bad[i]);
		}
	}
}

TEST_F(benches, out_of_memory)
{
	int rc = -ENOMEM;

	for (long n = 0; rc == -ENOMEM && n < 40; n++) {
		fail_after = n;
		rc = ADD(&self->list, "p", D, "bench:trigger=loop", "bench:time_only=why");
		fail_after = -1;
		EXPECT_EQ(rc ? 0 : 1, self->list.nr);
	}
	EXPECT_EQ(0, rc);
}

TEST_HARNESS_MAIN
