/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_PLAN_H
#define BENCH_CORE_PLAN_H

#include <stdint.h>
#include "sample.h"

/*
 * The design of one measurement: in every round each alternative runs once, in an order that is a
 * row of a Latin square. The square is drawn anew whenever its rows are used up, at the start of a
 * load and at the end of its warm-up: in every block of nr_slots rounds, counted from there, each
 * alternative is first, second, ... once. Pure: a function of (params, seed, bench ID).
 */
struct plan_params {
	uint32_t loads;		/* >= 1: destroy, open, load */
	uint32_t rounds;	/* > warmup */
	uint32_t warmup;	/* first rounds of each load, flagged SAMPLE_WARMUP */
	uint32_t nr_slots;	/* 1 .. NR_SLOTS alternatives in a round */
};

struct plan {
	struct plan_params p;
	/* order[(load * rounds + round) * nr_slots + position] = alternative */
	uint8_t *order;
};

/* 0, -EINVAL (a parameter out of bounds, or a product above PLAN_MAX_BATCHES) or -ENOMEM */
#define PLAN_MAX_BATCHES (1u << 22)
int plan_build(struct plan *plan, const struct plan_params *p, uint64_t seed, const char *id);
const uint8_t *plan_round(const struct plan *plan, uint32_t load, uint32_t round);
void plan_free(struct plan *plan);

#endif
