// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <linux/types.h>
#include "bench_family.h"
#include "jit_fib.skel.h"
#include "twin_loop.h"

static uint64_t expect(const struct bench_run *r, uint64_t i)
{
	uint64_t k, next, a = 0, b = 1;

	if (!strcmp(r->bench->name, "native_empty") || !strcmp(r->bench->name, "user_empty"))
		return i;
	for (k = bench_run_param(r, "n"); k; k--) {
		next = a + b;
		a = b;
		b = next;
	}
	return a;
}

static int verify(struct bench_run *r)
{
	return bench_verify_sum(r, expect);
}

static TWIN_NATIVE uint64_t loop_fib(uint64_t n, uint64_t nr_ops)
{
	return TWIN_LOOP(nr_ops, twin_fib(n));
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	(void)b;
	r->states[0].sink = strcmp(r->bench->name, "user") ? twin_loop_empty(ops) :
			    loop_fib(bench_run_param(r, "n"), ops);
	return 0;
}

BENCH_FAMILY(jit_fib, .verify = verify, .run = run);
