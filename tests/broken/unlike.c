// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "bench_family.h"
#include "unlike.skel.h"

/* A quick counted run has one load in front, one that is verified, and this. */
static bool is_last(const struct bench_run *r)
{
	return r->load == 2;
}

/* Decided here: in front of the loop in run() each load takes as many instructions. */
static bool is_idle;

static int setup(struct bench_run *r)
{
	is_idle = is_last(r) && !strcmp(r->bench->name, "unlike");
	return 0;
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	(void)r;
	(void)b;
	while (!is_idle && ops--)
		getppid();
	return 0;
}

static int verify(struct bench_run *r)
{
	return is_last(r) ? bench_fail(r, -EBADMSG, "no effect in the last load") : 0;
}

BENCH_FAMILY(unlike, .setup = setup, .run = run, .verify = verify, .counts_runs = true);
