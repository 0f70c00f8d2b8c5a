// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include "bench_family.h"
#include "jit_boundcheck.skel.h"
#include "../progs/jit_boundcheck.h"

/* The packet is the data: no protocol's. */
static int setup(struct bench_run *r)
{
	struct jit_boundcheck *skel = r->skel;
	size_t i;

	for (i = 0; i < sizeof(skel->bss->data); i++)
		skel->bss->data[i] = i * 7 + 1 + i / 256;
	r->packet = skel->bss->data;
	r->packet_sz = sizeof(skel->bss->data);
	return 0;
}

static int before(struct bench_run *r)
{
	struct jit_boundcheck *skel = r->skel;

	skel->bss->result = 0;
	return 0;
}

/* A run added up all of them, and no more. */
static int verify(struct bench_run *r)
{
	struct jit_boundcheck *skel = r->skel;
	uint64_t i, n = bench_run_param(r, "bytes"), want = 0;

	for (i = 0; i < n; i++)
		want += strcmp(r->bench->name, "loop") ? skel->bss->data[i] : i;
	if (skel->bss->result == want)
		return 0;
	return bench_fail(r, -EBADMSG, "%llu bytes add up to %llu, not %llu", (unsigned long long)n,
			  (unsigned long long)skel->bss->result, (unsigned long long)want);
}

BENCH_FAMILY(jit_boundcheck, .setup = setup, .before = before, .verify = verify);
