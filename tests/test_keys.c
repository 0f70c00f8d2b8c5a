// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "core/keys.h"
#include "kselftest_harness.h"

/* A standard normal is beyond this once in a million draws, two-sided. */
#define Z_LIMIT 4.9
#define DRAWS 400000u

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static long fail_after = -1;	/* the allocation behind so many others fails; -1: none */

void *__wrap_malloc(size_t size)
{
	return fail_after >= 0 && !fail_after-- ? NULL : __real_malloc(size);
}

static bool is_near(double observed, double expected, double sd)
{
	return fabs(observed - expected) < Z_LIMIT * sd;
}

/* How often each rank (from 0) of @n was drawn in DRAWS; free() it. */
static uint32_t *count_ranks(uint32_t n, double s, uint64_t seed)
{
	uint32_t *drawn = malloc(DRAWS * sizeof(*drawn)), *key_of = malloc(n * sizeof(*key_of));
	uint32_t *counts = calloc(n, sizeof(*counts)), *rank_of = malloc(n * sizeof(*rank_of));

	keys_permute(key_of, n, seed);
	for (uint32_t i = 0; i < n; i++)
		rank_of[key_of[i]] = i;
	if (keys_fill(drawn, DRAWS, n, s, seed)) {
		free(counts);
		counts = NULL;
	}
	for (uint32_t i = 0; counts && i < DRAWS; i++)
		counts[rank_of[drawn[i]]]++;
	free(drawn);
	free(key_of);
	free(rank_of);
	return counts;
}

static double zipf_total(uint32_t n, double s)
{
	double total = 0;

	/* From the smallest, unlike what is tested. */
	for (uint32_t k = n; k; k--)
		total += pow(k, -s);
	return total;
}

/*
 * Chi-square of the counts against Zipf's law with exponent @law, as a standard normal
 * (Wilson and Hilferty's cube root). Ranks whose expectation is small are pooled until it is 20.
 */
static double fit(const uint32_t *counts, uint32_t n, double law)
{
	double total = zipf_total(n, law), chi2 = 0, expected = 0, observed = 0;
	int cells = 0;
	double v;

	for (uint32_t k = 1; k <= n; k++) {
		expected += DRAWS * pow(k, -law) / total;
		observed += counts[k - 1];
		if (expected < 20 && k < n)
			continue;
		chi2 += (observed - expected) * (observed - expected) / expected;
		cells++;
		expected = observed = 0;
	}
	v = 2. / (9 * (cells - 1));
	return (cbrt(chi2 / (cells - 1)) - (1 - v)) / sqrt(v);
}

static void check_law(struct __test_metadata *_metadata, uint32_t n, double s)
{
	uint32_t *counts = count_ranks(n, s, n);
	double z, z_of_other;

	ASSERT_NE(NULL, counts);
	z = fit(counts, n, s);
	z_of_other = fit(counts, n, s + .05);
	free(counts);
	ASSERT_TRUE(is_near(z, 0, 1)) TH_LOG("n %u, s %g: z %g", n, s, z);
	/* The test can tell: the same draws do not fit an exponent 0.05 away. */
	ASSERT_TRUE(z_of_other > Z_LIMIT) TH_LOG("n %u, s %g: z %g", n, s, z_of_other);
}

static const double exponents[] = { 0, .5, .8, .99, 1, 1.2, 1.5, 2 };

TEST(follows_zipf_with_few_ranks)
{
	for (unsigned int i = 0; i < sizeof(exponents) / sizeof(exponents[0]); i++) {
		check_law(_metadata, 10, exponents[i]);
		check_law(_metadata, 1000, exponents[i]);
	}
}

TEST(follows_zipf_with_a_million_ranks)
{
	for (unsigned int i = 0; i < sizeof(exponents) / sizeof(exponents[0]); i++)
		check_law(_metadata, 1000000, exponents[i]);
}

/* The hottest ranks one by one, and the coldest half as a whole. */
TEST(head_and_tail_have_their_share)
{
	const uint32_t n = 1000000;
	double total = zipf_total(n, 1);
	uint32_t *counts = count_ranks(n, 1, 7);
	double tail = 0, share = 0;

	ASSERT_NE(NULL, counts);
	for (uint32_t k = 1; k <= 4; k++) {
		double p = 1 / (k * total);

		ASSERT_TRUE(is_near(counts[k - 1], DRAWS * p, sqrt(DRAWS * p * (1 - p))))
			TH_LOG("rank %u: %u, expected %g", k, counts[k - 1], DRAWS * p);
	}
	for (uint32_t k = n / 2 + 1; k <= n; k++) {
		tail += counts[k - 1];
		share += 1 / (k * total);
	}
	free(counts);
	ASSERT_TRUE(is_near(tail, DRAWS * share, sqrt(DRAWS * share * (1 - share))))
		TH_LOG("tail: %g, expected %g", tail, DRAWS * share);
}

/* Zipf's law with next to no skew is uniform too: the two ways of drawing agree. */
TEST(exponent_0_is_uniform)
{
	uint32_t *counts = count_ranks(1000, 0x1p-40, 3);
	double z;

	ASSERT_NE(NULL, counts);
	z = fit(counts, 1000, 0);
	free(counts);
	ASSERT_TRUE(is_near(z, 0, 1)) TH_LOG("z %g", z);
}

TEST(uniform_has_no_limit_of_ranks)
{
	uint32_t out[1000], max = 0;

	ASSERT_EQ(0, keys_fill(out, 1000, UINT32_MAX, 0, 1));
	for (int i = 0; i < 1000; i++)
		max = out[i] > max ? out[i] : max;
	ASSERT_GT(max, UINT32_MAX - UINT32_MAX / 100);
}

TEST(same_seed_same_keys)
{
	uint32_t a[1000], b[1000], c[1000];
	static const double s[] = { 0, .99 };

	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, keys_fill(a, 1000, 500, s[i], 42));
		ASSERT_EQ(0, keys_fill(b, 1000, 500, s[i], 42));
		ASSERT_EQ(0, keys_fill(c, 1000, 500, s[i], 43));
		ASSERT_EQ(0, memcmp(a, b, sizeof(a)));
		ASSERT_NE(0, memcmp(a, c, sizeof(a)));
	}
}

/* More draws with the same seed begin with the same keys. */
TEST(fewer_keys_are_a_prefix)
{
	uint32_t a[1000], b[100];

	ASSERT_EQ(0, keys_fill(a, 1000, 500, 1, 42));
	ASSERT_EQ(0, keys_fill(b, 100, 500, 1, 42));
	ASSERT_EQ(0, memcmp(a, b, sizeof(b)));
}

TEST(permutation_has_each_key_once)
{
	uint32_t out[1000];
	bool seen[1000] = {};

	keys_permute(out, 1000, 5);
	for (int i = 0; i < 1000; i++) {
		ASSERT_LT(out[i], 1000);
		ASSERT_FALSE(seen[out[i]]);
		seen[out[i]] = true;
	}
}

/* All 24 permutations of 4, each in 1/24 of the seeds. */
TEST(permutations_are_equally_likely)
{
	int counts[256] = {}, nr = 0;
	double p = 1 / 24.;

	for (int seed = 0; seed < 24000; seed++) {
		uint32_t out[4];

		keys_permute(out, 4, seed);
		counts[out[0] << 6 | out[1] << 4 | out[2] << 2 | out[3]]++;
	}
	for (int i = 0; i < 256; i++) {
		if (!counts[i])
			continue;
		nr++;
		ASSERT_TRUE(is_near(counts[i], 1000, sqrt(24000 * p * (1 - p))));
	}
	ASSERT_EQ(24, nr);
}

/* Of 20 hot ranks of a million keys none should be within 8 of each other, unlike unpermuted. */
TEST(hot_keys_are_not_neighbours)
{
	uint32_t *key_of = malloc(1000000 * sizeof(*key_of));
	long distance;

	keys_permute(key_of, 1000000, 1);
	for (int i = 0; i < 20; i++)
		for (int j = 0; j < i; j++) {
			distance = labs((long)key_of[i] - (long)key_of[j]);
			ASSERT_GT(distance, 8);
		}
	free(key_of);
}

TEST(one_rank_or_no_keys)
{
	uint32_t out[10] = { 7 };

	ASSERT_EQ(0, keys_fill(out, 0, 10, 1, 1));
	ASSERT_EQ(7, out[0]);
	ASSERT_EQ(0, keys_fill(out, 10, 1, 2, 1));
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, out[i]);
	}
}

TEST(refuses_what_is_no_distribution)
{
	uint32_t out[1];

	ASSERT_EQ(-EINVAL, keys_fill(out, 1, 0, 0, 1));
	ASSERT_EQ(-EINVAL, keys_fill(out, 1, 0, 1, 1));
	ASSERT_EQ(-EINVAL, keys_fill(out, 1, 10, -.5, 1));
	ASSERT_EQ(-EINVAL, keys_fill(out, 1, 10, NAN, 1));
	ASSERT_EQ(-EINVAL, keys_fill(out, 1, 10, INFINITY, 1));
	ASSERT_EQ(-EINVAL, keys_fill(out, 1, KEYS_MAX_RANKS + 1, 1, 1));
}

/* So steep that all weights but the first vanish. */
TEST(steepest_exponent)
{
	uint32_t out[10], key_of[100];

	keys_permute(key_of, 100, 1);
	ASSERT_EQ(0, keys_fill(out, 10, 100, 1e308, 1));
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(key_of[0], out[i]);
	}
}

TEST(out_of_memory)
{
	uint32_t out[1];

	for (int i = 0; i < 2; i++) {
		fail_after = i;
		ASSERT_EQ(-ENOMEM, keys_fill(out, 1, 10, 1, 1));
	}
	fail_after = -1;
	ASSERT_EQ(0, keys_fill(out, 1, 10, 1, 1));
}

TEST_HARNESS_MAIN
