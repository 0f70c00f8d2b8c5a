// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bench_family.h"
#include "chain_call.skel.h"
#include "../progs/chain_call.h"
#include "xlated.h"

static bool is_tail(const struct bench_run *r)
{
	return !strncmp(r->bench->name, "tail_", 5);
}

static struct bpf_program *stage(const struct bench_run *r, unsigned int k)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%u", r->bench->name, k);
	return bpf_object__find_program_by_name(r->obj, name);
}

static int prepare(struct bench_run *r)
{
	unsigned int k, depth = bench_run_param(r, "depth");
	int err = 0;

	for (k = 0; is_tail(r) && k < depth && !err; k++)
		err = bpf_program__set_autoload(stage(r, k), true);
	return err;
}

static int setup(struct bench_run *r)
{
	unsigned int k, depth = bench_run_param(r, "depth");
	bool is_const = !strcmp(r->bench->name, "tail_const");
	struct chain_call *skel = r->skel;
	int err, fd;

	for (k = 0; k <= CHAIN_MAX_DEPTH; k++)
		skel->bss->slots[k] = k;
	for (k = 0; is_tail(r) && k < depth; k++) {
		fd = bpf_program__fd(stage(r, k));
		/* The last stage has no tail call left, and passes for either. */
		err = xlated_tail_calls_are_constant(fd);
		if (err < 0 || (k + 1 < depth && err != is_const))
			return bench_fail(r, err < 0 ? err : -EBADMSG,
					  "stage %u: its tail call's index is not as declared", k);
		err = bpf_map__update_elem(skel->maps.stages, &k, sizeof(k), &fd, sizeof(fd), 0);
		if (err)
			return bench_fail(r, err, "stage %u does not go into the program array: %s",
					  k, strerror(-err));
	}
	return 0;
}

static int before(struct bench_run *r)
{
	struct chain_call *skel = r->skel;

	skel->bss->hits = 0;
	return 0;
}

/* Each run went through all of its stages. */
static int verify(struct bench_run *r)
{
	struct chain_call *skel = r->skel;
	uint64_t want = strcmp(r->bench->name, "no_stage") ? r->ops : 0;

	if (skel->bss->hits != want)
		return bench_fail(r, -EBADMSG, "%llu stages ran, %llu expected",
				  (unsigned long long)skel->bss->hits, (unsigned long long)want);
	return 0;
}

BENCH_FAMILY(chain_call, .prepare = prepare, .setup = setup, .before = before, .verify = verify);
