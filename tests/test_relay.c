// SPDX-License-Identifier: GPL-2.0-only
/* Which guest of a run is told to run what. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "vm/relay.h"
#include "vm/relay_args.h"

/* A runner that lists 4 cases of a family, then 5 and a derived one of the next, then 4 of a third. */
static const char lister[] =
	"#!/bin/sh\n"
	"for i in 1 2 3 4; do echo \"  $i first/a:n=$i\"; echo '      a case'; done\n"
	"for i in 5 6 7 8 9; do echo \"  $i line/a:n=$i\"; echo '      needs: btf'; done\n"
	"echo ' 10 line/slope'; echo '      a line'; echo '      derived: from figures'\n"
	"for i in 11 12 13 14; do echo \" $i next/a:n=$i\"; done\n";

FIXTURE(relay)
{
	struct relay r;
	struct relay_host host;
	char runner[32];
};

FIXTURE_SETUP(relay)
{
	char *args[] = { "run", "-t", "a", "-o", "table:/dev/null" };
	int fd;

	strcpy(self->runner, "/tmp/test_relay.XXXXXX");
	fd = mkstemp(self->runner);
	ASSERT_LE(0, fd);
	ASSERT_EQ(sizeof(lister) - 1, write(fd, lister, sizeof(lister) - 1));
	ASSERT_EQ(0, fchmod(fd, 0700));
	ASSERT_EQ(0, close(fd));
	self->host = (struct relay_host){ .runner = self->runner };
	ASSERT_EQ(0, relay_open(&self->r, &self->host, 5, args));
	ASSERT_EQ(14, self->r.nr_cases);
}

FIXTURE_TEARDOWN(relay)
{
	EXPECT_EQ(0, relay_close(&self->r));
	unlink(self->runner);
}

TEST_F(relay, cut_beside_a_family_with_derived_figures)
{
	static const size_t cuts[] = { 0, 1, 2, 3, 4, 4, 4, 4, 10, 10, 10, 11, 12, 13 };

	for (size_t at = 1; at < self->r.nr_cases; at++)
		EXPECT_EQ(cuts[at], relay_cut(&self->r, at)) {
			TH_LOG("at %zu", at);
		}
}

TEST_F(relay, cut_of_one_family)
{
	self->r.nr_cases = 10;
	EXPECT_EQ(4, relay_cut(&self->r, 9));
	for (int i = 0; i < 4; i++)
		memcpy(self->r.cases[i].id, "line/", 5);
	/* Of "first/a" that makes "line//a". */
	EXPECT_EQ(10, relay_cut(&self->r, 5));
	self->r.nr_cases = 14;
	EXPECT_EQ(10, relay_cut(&self->r, 5));
}

static const char *told(struct relay *r)
{
	r->is_resumed = true;
	return relay_args_build(r) ? "no memory" : r->args.argv[r->args.argc - 1];
}

static void done(struct relay *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		r->cases[i].is_done = true;
}

TEST_F(relay, figures_are_derived_behind_a_lost_guest)
{
	done(&self->r, 0, 6);
	EXPECT_STREQ("5-14", told(&self->r));
	/* What took its guest along is not run again. */
	self->r.cases[7].is_lost = true;
	done(&self->r, 6, 8);
	EXPECT_STREQ("5-7,9-14", told(&self->r));
	done(&self->r, 8, 10);
	EXPECT_STREQ("11-14", told(&self->r));
}

TEST_F(relay, of_a_part_as_well)
{
	self->r.first = 4;
	self->r.end_case = 10;
	EXPECT_STREQ("5-10", told(&self->r));
	done(&self->r, 4, 9);
	EXPECT_STREQ("5-10", told(&self->r));
	self->r.end_case = 9;
	self->r.cases[8].is_done = false;
	EXPECT_STREQ("9", told(&self->r));
}

TEST_HARNESS_MAIN
