// SPDX-License-Identifier: GPL-2.0-only
#include "bench_family.h"
#include "map_flows.h"
#include "map_zipf.skel.h"

#define ZIPF_FLOWS 100000

static struct map_flows flows_of(const struct bench_run *r)
{
	struct map_zipf *skel = r->skel;

	return (struct map_flows){
		.nr = ZIPF_FLOWS,
		.s = bench_run_param(r, "s10") / 10.0,
		.drawn = skel->bss->flow_drawn,
		.mask = (uint64_t *)&skel->rodata->flow_mask,
		.goes_on = (uint64_t *)&skel->rodata->flow_goes_on,
		.warm = (uint64_t *)&skel->rodata->flow_warm,
	};
}

static int prepare(struct bench_run *r)
{
	struct map_flows f = flows_of(r);

	return map_flows_prepare(r, &f);
}

static int setup(struct bench_run *r)
{
	struct map_flows f = flows_of(r);

	return map_flows_setup(r, &f);
}

static int verify(struct bench_run *r)
{
	struct map_flows f = flows_of(r);

	return map_flows_verify(r, &f);
}

BENCH_FAMILY(map_zipf, .prepare = prepare, .setup = setup, .verify = verify,
	     .report = map_flows_report);
