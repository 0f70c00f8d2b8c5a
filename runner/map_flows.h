/* SPDX-License-Identifier: GPL-2.0-only */
/* The user side of progs/map_flows.bpf.h. */
#ifndef BENCH_MAP_FLOWS_H
#define BENCH_MAP_FLOWS_H

#include "bench_family.h"

/* What a family's object holds of it. */
struct map_flows {
	uint32_t nr;		/* flows */
	double s;		/* exponent of Zipf's law; 0: uniform */
	uint32_t *drawn;
	uint64_t *mask, *goes_on, *warm;	/* constants: written before loading */
};

/* The maps' sizes; SKIP where memory does not suffice. */
int map_flows_prepare(struct bench_run *r, const struct map_flows *f);
/* Draws, and fills the map, in the first load: later ones get the same map. */
int map_flows_setup(struct bench_run *r, const struct map_flows *f);
int map_flows_verify(struct bench_run *r, const struct map_flows *f);
/* Cache misses of a lookup, where counters exist: of further batches, `walk` included. */
int map_flows_report(struct bench_run *r);

#endif
