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

static int fill_stages(struct bench_run *r)
{
	unsigned int k, depth = bench_run_param(r, "depth");
	bool is_const = !strcmp(r->bench->name, "tail_const");
	struct chain_call *skel = r->skel;
	int err, fd;

	for (k = 0; k <= CHAIN_MAX_DEPTH; k++)
		skel->bss->slots[k] = k;
	for (k = 0; k < depth; k++) {
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

/*
 * The replacing program is verified against a loaded one, so it is of an object of its own; the
 * counter is that of the program. Owned by priv until unload().
 */
static int replace_stage(struct bench_run *r)
{
	struct chain_call *skel = r->skel, *with = chain_call__open();
	int err;

	if (!with)
		return bench_fail(r, -errno, "cannot open the object of the replacing program");
	r->priv = with;
	err = bpf_program__set_autoload(with->progs.stage_replacement, true);
	err = err ?: bpf_map__reuse_fd(with->maps.bss, bpf_map__fd(skel->maps.bss));
	err = err ?: bpf_program__set_attach_target(with->progs.stage_replacement,
						    bpf_program__fd(r->prog), "stage_replaced");
	err = err ?: chain_call__load(with);
	if (err)
		return bench_fail(r, err, "the replacing program does not load: %s",
				  strerror(-err));
	with->links.stage_replacement =
		bpf_program__attach_freplace(with->progs.stage_replacement, 0, NULL);
	if (!with->links.stage_replacement)
		return bench_fail(r, -errno, "stage_replaced() cannot be replaced: %s",
				  strerror(errno));
	return 0;
}

static int setup(struct bench_run *r)
{
	if (is_tail(r))
		return fill_stages(r);
	return strcmp(r->bench->name, "freplace") ? 0 : replace_stage(r);
}

static void unload(struct bench_run *r)
{
	chain_call__destroy(r->priv);
	r->priv = NULL;
}

static int before(struct bench_run *r)
{
	struct chain_call *skel = r->skel;

	skel->bss->hits = 0;
	return 0;
}

/* What each stage adds to the counter. */
static uint64_t step(const struct bench_run *r)
{
	if (!strcmp(r->bench->name, "no_stage"))
		return 0;
	return strcmp(r->bench->name, "helper") ? 1 : CHAIN_HELPER_STEP;
}

/* Each run went through all of its stages. */
static int verify(struct bench_run *r)
{
	struct chain_call *skel = r->skel;
	uint64_t want = r->ops * step(r);

	if (skel->bss->hits != want)
		return bench_fail(r, -EBADMSG, "%llu stages were counted, %llu expected",
				  (unsigned long long)skel->bss->hits, (unsigned long long)want);
	return 0;
}

/* The cost of one more stage, without what is set up once in a run. */
static const struct bench_derived slopes[] = {
#define SLOPE(way) { "slope_" #way, "cost of one more stage: line through depth x net of " #way }
	SLOPE(inlined), SLOPE(static_subprog), SLOPE(global_func), SLOPE(loop_callback),
	SLOPE(helper), SLOPE(kfunc), SLOPE(kfunc_module), SLOPE(freplace), SLOPE(tail_const),
	SLOPE(tail_var),
#undef SLOPE
	{}
};

static int slope(const struct result *results, size_t nr, enum clock_kind clock,
		 struct result *out)
{
	const struct bench_line line = {
		.family = "chain_call",
		.name = out->name + strlen("slope_"),
		.is_per_param = true,
	};
	struct bench_line_fit fit;

	return bench_derive_line(&line, results, nr, clock, out, &fit);
}

BENCH_FAMILY(chain_call, .prepare = prepare, .setup = setup, .before = before, .verify = verify,
	     .unload = unload, .derived = slopes, .derive = slope);
