// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/plan.h"
#include "core/rng.h"

/* Cyclic Latin square, rows and symbols drawn: position c of row r runs sym[(row[r] + c) % n]. */
struct latin {
	uint8_t row[NR_SLOTS];
	uint8_t sym[NR_SLOTS];
};

/* Fisher-Yates: every permutation of 0 .. n-1 with equal probability. */
static void permute(uint8_t *v, uint32_t n, struct rng *r)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = rng_below(r, i + 1);

		v[i] = v[j];
		v[j] = i;
	}
}

/* For n <= 3 = NR_SLOTS these are all the Latin squares there are, each equally likely. */
static void latin_draw(struct latin *sq, uint32_t n, struct rng *r)
{
	permute(sq->row, n, r);
	permute(sq->sym, n, r);
}

static bool params_are_valid(const struct plan_params *p)
{
	uint64_t rounds = (uint64_t)p->loads * p->rounds;

	return p->loads >= 1 && p->rounds > p->warmup &&
	       p->nr_slots >= 1 && p->nr_slots <= NR_SLOTS &&
	       rounds <= PLAN_MAX_BATCHES && rounds * p->nr_slots <= PLAN_MAX_BATCHES;
}

int plan_build(struct plan *plan, const struct plan_params *p, uint64_t seed, const char *id)
{
	struct latin sq = {};
	struct rng rng;
	uint8_t *out;

	plan->p = *p;
	plan->order = NULL;
	if (!params_are_valid(p))
		return -EINVAL;
	out = malloc((size_t)p->loads * p->rounds * p->nr_slots);
	if (!out)
		return -ENOMEM;
	plan->order = out;

	rng_seed_named(&rng, seed, id);
	for (uint32_t load = 0; load < p->loads; load++) {
		uint32_t used = 0;

		for (uint32_t round = 0; round < p->rounds; round++, used++) {
			if (round == p->warmup || used == p->nr_slots)
				used = 0;
			if (!used)
				latin_draw(&sq, p->nr_slots, &rng);
			for (uint32_t c = 0; c < p->nr_slots; c++)
				*out++ = sq.sym[(sq.row[used] + c) % p->nr_slots];
		}
	}
	return 0;
}

const uint8_t *plan_round(const struct plan *plan, uint32_t load, uint32_t round)
{
	return plan->order + ((size_t)load * plan->p.rounds + round) * plan->p.nr_slots;
}

void plan_free(struct plan *plan)
{
	free(plan->order);
	plan->order = NULL;
}
