// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "kselftest_harness.h"

/* |z| of a standard normal beyond this: 1e-6, two-sided. */
#define Z_LIMIT 4.9

static bool is_near_normal(double observed, double expected, double sd)
{
	return fabs(observed - expected) < Z_LIMIT * sd;
}

/* Streams of seeds 0 and 1, computed with an independent implementation in Python. */
TEST(known_answers)
{
	static const uint64_t from_0[] = {
		0x99ec5f36cb75f2b4ull, 0xbf6e1f784956452aull,
		0x1a5f849d4933e6e0ull, 0x6aa594f1262d2d2cull,
	};
	static const uint64_t from_1[] = {
		0xb3f2af6d0fc710c5ull, 0x853b559647364ceaull,
		0x92f89756082a4514ull, 0x642e1c7bc266a3a7ull,
	};
	struct rng a, b;

	rng_seed(&a, 0);
	rng_seed(&b, 1);
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(from_0[i], rng_u64(&a));
		ASSERT_EQ(from_1[i], rng_u64(&b));
	}
}

TEST(known_answer_named)
{
	struct rng r;

	rng_seed_named(&r, 42, "map_hash/lookup_hit");
	ASSERT_EQ(0x821cd313db6073a1ull, rng_u64(&r));
}

TEST(same_seed_same_stream)
{
	struct rng a, b;

	rng_seed_named(&a, 7, "x");
	rng_seed_named(&b, 7, "x");
	for (int i = 0; i < 1000; i++) {
		ASSERT_EQ(rng_u64(&a), rng_u64(&b));
	}
}

TEST(names_and_seeds_separate_streams)
{
	static const struct { uint64_t seed; const char *name; } in[] = {
		{ 0, "" }, { 1, "" }, { 0, "a" }, { 0, "b" }, { 1, "a" }, { 0, "ab" }, { 0, "ba" },
	};
	uint64_t out[7];

	for (int i = 0; i < 7; i++) {
		struct rng r;

		rng_seed_named(&r, in[i].seed, in[i].name);
		out[i] = rng_u64(&r);
		for (int j = 0; j < i; j++) {
			ASSERT_NE(out[i], out[j]);
		}
	}
}

TEST(below_stays_below)
{
	static const uint64_t bounds[] = { 1, 2, 3, 1000, 1ull << 63, (1ull << 63) + 1, ~0ull };
	struct rng r;

	rng_seed(&r, 1);
	for (unsigned int b = 0; b < 7; b++)
		for (int i = 0; i < 1000; i++) {
			ASSERT_LT(rng_below(&r, bounds[b]), bounds[b]);
		}
}

/*
 * n = 3 x 2^62: a plain remainder would return values below 2^62 with probability 1/2 instead of
 * 1/3, and rejects a quarter of the draws.
 */
TEST(below_has_no_modulo_bias)
{
	const int draws = 100000;
	uint64_t n = 3ull << 62;
	struct rng r;
	int low = 0;

	rng_seed(&r, 2);
	for (int i = 0; i < draws; i++)
		low += rng_below(&r, n) < 1ull << 62;
	ASSERT_TRUE(is_near_normal(low, draws / 3., sqrt(draws * 2 / 9.)))
		TH_LOG("%d of %d", low, draws);
	ASSERT_FALSE(is_near_normal(draws / 2., draws / 3., sqrt(draws * 2 / 9.)));
}

TEST(double_is_uniform)
{
	const int draws = 100000;
	double sum = 0, min = 1, max = 0;
	struct rng r;

	rng_seed(&r, 3);
	for (int i = 0; i < draws; i++) {
		double d = rng_double(&r);

		ASSERT_TRUE(d >= 0 && d < 1);
		sum += d;
		min = fmin(min, d);
		max = fmax(max, d);
	}
	ASSERT_TRUE(is_near_normal(sum / draws, .5, sqrt(1 / 12. / draws)));
	ASSERT_TRUE(min < 2e-4 && max > 1 - 2e-4);
}

/* Moments, and the exact probabilities of |x| beyond 1, 2 and 3: erfc(k / sqrt 2). */
TEST(normal_is_normal)
{
	const int draws = 400000;
	double sum = 0, sum2 = 0, sum3 = 0;
	int beyond[4] = {};
	struct rng r;

	rng_seed(&r, 4);
	for (int i = 0; i < draws; i++) {
		double x = rng_normal(&r);

		sum += x;
		sum2 += x * x;
		sum3 += x * x * x;
		for (int k = 1; k <= 3; k++)
			beyond[k] += fabs(x) > k;
	}
	ASSERT_TRUE(is_near_normal(sum / draws, 0, sqrt(1. / draws)));
	ASSERT_TRUE(is_near_normal(sum2 / draws, 1, sqrt(2. / draws)));
	ASSERT_TRUE(is_near_normal(sum3 / draws, 0, sqrt(15. / draws)));
	for (int k = 1; k <= 3; k++) {
		double p = erfc(k / sqrt(2));

		ASSERT_TRUE(is_near_normal(beyond[k], draws * p, sqrt(draws * p * (1 - p))))
			TH_LOG("|x| > %d: %d, expected %g", k, beyond[k], draws * p);
	}
}

/* Successive normals are independent: lag-1 product has mean 0 and SD 1. */
TEST(normal_is_independent)
{
	const int draws = 100000;
	double last = 0, sum = 0;
	struct rng r;

	rng_seed(&r, 5);
	for (int i = 0; i < draws; i++) {
		double x = rng_normal(&r);

		sum += x * last;
		last = x;
	}
	ASSERT_TRUE(is_near_normal(sum / draws, 0, sqrt(1. / draws)));
}

TEST_HARNESS_MAIN
