// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <string.h>
#include "bench_family.h"
#include "broken.skel.h"

static bool is(const struct bench_run *r, const char *name)
{
	return !strcmp(r->bench->name, name);
}

static uint64_t index_of(const struct bench_run *r, uint64_t i)
{
	(void)r;
	return i;
}

static int setup(struct bench_run *r)
{
	return is(r, "unattached") ? bench_fail(r, -EBUSY, "the hook is taken") : 0;
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	(void)ops;
	if (is(r, "nothing_done"))
		b->done = 0;
	if (is(r, "crash"))
		raise(SIGSEGV);
	return 0;
}

static int verify(struct bench_run *r)
{
	if (is(r, "no_effect"))
		return bench_fail(r, -EBADMSG, "no packet arrived");
	return is(r, "good") || is(r, "wrong_sum") ? bench_verify_sum(r, index_of) : 0;
}

BENCH_FAMILY(broken, .setup = setup, .run = run, .verify = verify);
