// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include "bench_family.h"
#include "jit_memcpy.skel.h"

static int before(struct bench_run *r)
{
	struct jit_memcpy *skel = r->skel;
	size_t i;

	for (i = 0; i < sizeof(skel->bss->src); i++)
		skel->bss->src[i] = i * 7 + 1;
	memset(skel->bss->dst, 0, sizeof(skel->bss->dst));
	return 0;
}

static uint64_t index_of(const struct bench_run *r, uint64_t i)
{
	(void)r;
	return i;
}

/*
 * Each operation returned the word that it had put into the source, and exactly `size` bytes
 * arrived in the end.
 */
static int verify(struct bench_run *r)
{
	struct jit_memcpy *skel = r->skel;
	size_t i, size = bench_run_param(r, "size");
	char want;

	for (i = 0; i < sizeof(skel->bss->dst); i++) {
		want = i < size ? skel->bss->src[i] : 0;
		if (skel->bss->dst[i] != want)
			return bench_fail(r, -EBADMSG, "byte %zu of %zu was not copied as expected",
					  i, size);
	}
	return bench_verify_sum(r, index_of);
}

BENCH_FAMILY(jit_memcpy, .before = before, .verify = verify);
