// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "bench_family.h"
#include "unlike.skel.h"

/* With --loads 2 a counted run has one load in front, one that is verified, and this. */
static bool is_last(const struct bench_run *r)
{
	return r->load == 2;
}

static bool is(const struct bench_run *r, const char *name)
{
	return !strcmp(r->bench->name, name);
}

/* Not looked up in run(): in front of its loop each load takes as many instructions. */
static bool is_idle, is_lost_when_timed, is_twice;

static int setup(struct bench_run *r)
{
	is_idle |= is_last(r) && is(r, "unlike");
	is_lost_when_timed = is(r, "lost");
	is_twice = is(r, "settles") && !r->load;
	return 0;
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	(void)b;
	is_idle |= is_lost_when_timed & r->is_timed;
	for (ops <<= is_twice; !is_idle && ops; ops--)
		getppid();
	return 0;
}

static int verify(struct bench_run *r)
{
	if (is(r, "lost"))
		return is_idle ? bench_fail(r, -EBADMSG, "no effect any more") : 0;
	return is_last(r) ? bench_fail(r, -EBADMSG, "no effect in the last load") : 0;
}

BENCH_FAMILY(unlike, .setup = setup, .run = run, .verify = verify, .counts_runs = true);
