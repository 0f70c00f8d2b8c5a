// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include "bench_family.h"
#include "hook_trace.skel.h"

static int attach(struct bench_run *r)
{
	struct bpf_link *link = bpf_program__attach(r->prog);

	if (!link)
		return bench_fail(r, -errno, "%s does not attach: %s", r->bench->id,
				  strerror(errno));
	r->priv = link;
	return 0;
}

static void detach(struct bench_run *r)
{
	bpf_link__destroy(r->priv);
	r->priv = NULL;
}

static int before(struct bench_run *r)
{
	struct hook_trace *skel = r->skel;

	skel->bss->hits = 0;
	return 0;
}

/* The program ran once an operation. */
static int verify(struct bench_run *r)
{
	struct hook_trace *skel = r->skel;
	uint64_t want = r->trigger ? r->ops : 0;

	if (skel->bss->hits != want)
		return bench_fail(r, -EBADMSG, "%llu hits, %llu expected",
				  (unsigned long long)skel->bss->hits, (unsigned long long)want);
	return 0;
}

BENCH_FAMILY(hook_trace, .attach = attach, .detach = detach, .before = before, .verify = verify);
