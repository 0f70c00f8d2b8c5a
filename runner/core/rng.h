/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_RNG_H
#define BENCH_CORE_RNG_H

#include <stdint.h>

/* Seeded generator (xoshiro256**, seeded through splitmix64): same seed, same stream everywhere. */
struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
/* A stream of its own for each @name: adding a bench does not shift the draws of the others. */
void rng_seed_named(struct rng *r, uint64_t seed, const char *name);
uint64_t rng_u64(struct rng *r);
/* Uniform in [0, n), without modulo bias; n >= 1. */
uint64_t rng_below(struct rng *r, uint64_t n);
/* Uniform in [0, 1). */
double rng_double(struct rng *r);
/* Standard normal. */
double rng_normal(struct rng *r);

#endif
