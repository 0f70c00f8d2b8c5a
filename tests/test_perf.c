// SPDX-License-Identifier: GPL-2.0-only
/* On the running kernel; software events stand for counters where the hardware has none. */
#include <dirent.h>
#include <linux/perf_event.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "perf.h"

#define CLOCK	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK }
#define FAULTS	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS }
#define STILL	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY }
#define ABSENT	{ PERF_TYPE_SOFTWARE, 1000000 }

static int nr_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int nr = 0;

	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

static volatile uint64_t sink;

static void spin(unsigned int n)
{
	while (n--)
		sink += n;
}

TEST(hardware_counts_or_says_why_not)
{
	struct perf_counts before, after;
	char err[256] = "";
	struct perf *p;
	int rc = perf__open(&p, err, sizeof(err));

	if (rc) {
		ASSERT_TRUE(rc == -EOPNOTSUPP || rc == -EACCES) TH_LOG("%d: %s", rc, err);
		ASSERT_NE(NULL, strstr(err, "hardware counters")) TH_LOG("%s", err);
		ASSERT_EQ(NULL, p);
		SKIP(return, "%s", err);
	}
	perf__read(p, &before);
	spin(1000000);
	perf__read(p, &after);
	perf__free(p);
	/* Each turn loads, adds, stores, counts and jumps. */
	if (after.has[PERF_INSTRUCTIONS]) {
		ASSERT_GT(after.value[PERF_INSTRUCTIONS] - before.value[PERF_INSTRUCTIONS],
			  3000000);
	}
	if (after.has[PERF_CYCLES]) {
		ASSERT_GT(after.value[PERF_CYCLES] - before.value[PERF_CYCLES], 300000);
	}
}

/* What moves is kept in its place; what is absent or stands still is missing. */
TEST(keeps_what_counts)
{
	static const struct perf_event events[NR_PERF_COUNTERS] = { STILL, CLOCK, ABSENT, FAULTS };
	struct perf_counts before, after;
	char err[256] = "";
	struct perf *p;
	char *page;
	int rc = perf__open_events(&p, events, err, sizeof(err));

	if (rc == -EACCES)
		SKIP(return, "%s", err);
	ASSERT_EQ(0, rc) TH_LOG("%s", err);
	perf__read(p, &before);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	page[0] = 1;
	spin(1000000);
	perf__read(p, &after);
	perf__free(p);
	ASSERT_FALSE(after.has[0]);
	ASSERT_EQ(0, after.value[0]);
	ASSERT_TRUE(after.has[1]);
	ASSERT_GT(after.value[1] - before.value[1], 100000);	/* ns */
	ASSERT_FALSE(after.has[2]);
	ASSERT_EQ(0, after.value[2]);
	ASSERT_TRUE(after.has[3]);
	ASSERT_GE(after.value[3] - before.value[3], 1);
	ASSERT_LT(after.value[3] - before.value[3], 100);
}

TEST(refuses_counters_that_stand_still)
{
	static const struct perf_event events[NR_PERF_COUNTERS] = { STILL, STILL, STILL, STILL };
	char err[256] = "";
	struct perf *p;
	int rc = perf__open_events(&p, events, err, sizeof(err));

	if (rc == -EACCES)
		SKIP(return, "%s", err);
	ASSERT_EQ(-EOPNOTSUPP, rc);
	ASSERT_STREQ("this machine's hardware counters stand still", err);
	ASSERT_EQ(NULL, p);
}

TEST(refuses_counters_that_are_absent)
{
	static const struct perf_event events[NR_PERF_COUNTERS] = {
		ABSENT, ABSENT, ABSENT, ABSENT,
	};
	char err[256] = "";
	struct perf *p;
	int rc = perf__open_events(&p, events, err, sizeof(err));

	if (rc == -EACCES)
		SKIP(return, "%s", err);
	ASSERT_EQ(-EOPNOTSUPP, rc);
	ASSERT_STREQ("this machine has no hardware counters "
		     "(perf_event_open: No such file or directory)", err);
	ASSERT_EQ(NULL, p);
}

/* Only what the thread does that opened it: not what it starts. */
TEST(children_are_not_counted)
{
	static const struct perf_event events[NR_PERF_COUNTERS] = { CLOCK, CLOCK, CLOCK, CLOCK };
	struct perf_counts before, after;
	char err[256] = "";
	struct perf *p;
	int status, rc = perf__open_events(&p, events, err, sizeof(err));
	pid_t pid;

	if (rc == -EACCES)
		SKIP(return, "%s", err);
	ASSERT_EQ(0, rc) TH_LOG("%s", err);
	perf__read(p, &before);
	pid = fork();
	if (!pid) {
		spin(100000000);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	perf__read(p, &after);
	perf__free(p);
	ASSERT_LT(after.value[0] - before.value[0], 50000000);	/* of some 200 ms */
}

TEST(leaves_no_file_open)
{
	static const struct perf_event some[NR_PERF_COUNTERS] = { STILL, CLOCK, ABSENT, FAULTS };
	static const struct perf_event none[NR_PERF_COUNTERS] = { STILL, STILL, ABSENT, ABSENT };
	int before = nr_fds();
	char err[256];
	struct perf *p;

	perf__open_events(&p, some, err, sizeof(err));
	perf__free(p);
	perf__open_events(&p, none, err, sizeof(err));
	perf__free(p);
	perf__open(&p, err, sizeof(err));
	perf__free(p);
	ASSERT_EQ(before, nr_fds());
}

TEST_HARNESS_MAIN
