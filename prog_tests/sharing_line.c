// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include "bench_family.h"
#include "sharing_line.skel.h"

#define LINE_SZ 64
#define PAGE_SZ 4096

static int before(struct bench_run *r)
{
	struct sharing_line *skel = r->skel;

	memset(skel->bss->counters, 0, sizeof(skel->bss->counters));
	return 0;
}

/*
 * .bss is mapped: its address here and in the kernel agree in the bits below the page size, so the
 * layout in cache lines can be checked from here.
 */
static int verify(struct bench_run *r)
{
	struct sharing_line *skel = r->skel;
	const size_t words = sizeof(skel->bss->counters) / sizeof(skel->bss->counters[0]);
	bool is_line = strstr(r->bench->name, "_line");
	size_t other = is_line ? 1 : words / 2;
	uint64_t *counters = (uint64_t *)skel->bss->counters;

	if ((uintptr_t)counters % PAGE_SZ)
		return bench_fail(r, -EBADMSG, "the counters are not page aligned");
	if (((uintptr_t)&counters[0] / LINE_SZ == (uintptr_t)&counters[other] / LINE_SZ) != is_line)
		return bench_fail(r, -EBADMSG, "the counters do not lie as the case says");
	if (!strcmp(r->bench->name, "empty"))
		return 0;
	if (!counters[0] || !counters[other] || counters[0] + counters[other] != r->ops)
		return bench_fail(r, -EBADMSG,
				  "counters are %llu and %llu after %llu additions on two CPUs",
				  (unsigned long long)counters[0],
				  (unsigned long long)counters[other], (unsigned long long)r->ops);
	return 0;
}

BENCH_FAMILY(sharing_line, .before = before, .verify = verify);
