// SPDX-License-Identifier: GPL-2.0-only
/*
 * xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM
 * TOMS 47(4), 2021), seeded through splitmix64 as its authors recommend. Every function yields the
 * same bits on every machine: only correctly rounded operations reach a result.
 */
#include <math.h>

#include "core/rng.h"

#define FNV1A_OFFSET	0xcbf29ce484222325ull
#define FNV1A_PRIME	0x100000001b3ull

static uint64_t rotate_left(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* splitmix64 is a bijection of a counter, so at most one of the four words is 0, never all. */
void rng_seed(struct rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix64(&seed);
}

/* FNV-1a of the name, over a scrambled seed: seed and name cannot cancel by arithmetic on seeds. */
void rng_seed_named(struct rng *r, uint64_t seed, const char *name)
{
	uint64_t hash = FNV1A_OFFSET;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * FNV1A_PRIME;
	rng_seed(r, splitmix64(&seed) ^ hash);
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t *s = r->s;
	uint64_t out = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return out;
}

/* Rejects the first 2^64 mod n values; for any n at most half of the draws. */
uint64_t rng_below(struct rng *r, uint64_t n)
{
	uint64_t skip = -n % n;
	uint64_t x;

	do {
		x = rng_u64(r);
	} while (x < skip);
	return x % n;
}

double rng_double(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

/*
 * Ratio of uniforms (Kinderman and Monahan, ACM TOMS 3(3), 1977): v / u with u in (0, 1] and
 * |v| <= sqrt(2 / e), accepted when (v / u)^2 <= -4 ln u; 1.37 trials on average. Unlike
 * Box-Muller the result is a correctly rounded quotient: libm's log() only decides on
 * acceptance, so C libraries that round it differently part with a chance of about 1e-16 a draw.
 */
double rng_normal(struct rng *r)
{
	for (;;) {
		double u = 1 - rng_double(r);
		double v = (2 * rng_double(r) - 1) * 0.8577638849607068;
		double x = v / u;

		if (x * x <= -4 * log(u))
			return x;
	}
}
