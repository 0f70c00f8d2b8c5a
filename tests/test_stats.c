// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expected values come from another way than the code's: Pascal's triangle in integers, or
 * enumeration of all sign patterns or group assignments. Link with
 * -Wl,--wrap=malloc,--wrap=calloc: allocations fail on demand.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/stats.h"
#include "kselftest_harness.h"

static int mallocs_left = -1;	/* -1: never fails */

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);

static bool malloc_fails(void)
{
	if (!mallocs_left)
		return true;
	mallocs_left -= mallocs_left > 0;
	return false;
}

void *__wrap_malloc(size_t size)
{
	return malloc_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return malloc_fails() ? NULL : __real_calloc(nr, size);
}

static bool is_close(double a, double b, double relative)
{
	return fabs(a - b) <= relative * fmax(fabs(a), fabs(b));
}

TEST(median_of_few)
{
	static const double v[] = { 5, -1, 3, 100, 2 }, huge[] = { 1.7e308, 1.6e308 };
	double m;

	ASSERT_EQ(-EINVAL, stats_median(v, 0, &m));
	ASSERT_EQ(0, stats_median(v, 1, &m));
	ASSERT_TRUE(m == 5);
	ASSERT_EQ(0, stats_median(v, 2, &m));
	ASSERT_TRUE(m == 2);
	ASSERT_EQ(0, stats_median(v, 5, &m));
	ASSERT_TRUE(m == 3);
	ASSERT_TRUE(v[0] == 5 && v[4] == 2);
	ASSERT_EQ(0, stats_median(huge, 2, &m));
	ASSERT_TRUE(is_close(m, 1.65e308, 1e-15));
}

TEST(mad_of_few)
{
	static const double v[] = { 1, 1, 2, 2, 4, 6, 9 };
	double mad;

	ASSERT_EQ(-EINVAL, stats_mad(v, 0, &mad));
	ASSERT_EQ(0, stats_mad(v, 1, &mad));
	ASSERT_TRUE(mad == 0);
	ASSERT_EQ(0, stats_mad(v, 7, &mad));
	ASSERT_TRUE(mad == 1.4826);
}

TEST(binom_cdf_small_n)
{
	uint64_t row[61] = { 1 };

	for (unsigned int n = 0; n <= 60; n++) {
		uint64_t sum = 0;

		for (unsigned int k = n; n && k > 0; k--)
			row[k] += row[k - 1];
		for (unsigned int k = 0; k <= n; k++) {
			sum += row[k];
			ASSERT_TRUE(is_close(stats_binom_cdf(k, n), ldexp(sum, -(int)n), 4e-16))
				TH_LOG("k %u n %u", k, n);
		}
		ASSERT_TRUE(stats_binom_cdf(n + 1, n) == 1);
	}
}

#define BIG_N 1000
#define LIMBS (BIG_N / 32 + 2)

struct big {
	uint32_t v[LIMBS];	/* lowest first */
};

static void big_add(struct big *to, const struct big *x)
{
	uint64_t carry = 0;

	for (int i = 0; i < LIMBS; i++) {
		carry += (uint64_t)to->v[i] + x->v[i];
		to->v[i] = carry;
		carry >>= 32;
	}
}

static double big_scaled(const struct big *x, int exponent)
{
	double sum = 0;

	for (int i = 0; i < LIMBS; i++)
		sum += ldexp(x->v[i], 32 * i + exponent);
	return sum;
}

/* The whole row of Pascal's triangle for n = 1000, exact; documented error 2 n 2^-53. */
TEST(binom_cdf_large_n)
{
	static struct big row[BIG_N + 1];
	struct big sum = {};

	row[0].v[0] = 1;
	for (int n = 1; n <= BIG_N; n++)
		for (int k = n; k > 0; k--)
			big_add(&row[k], &row[k - 1]);
	for (int k = 0; k <= BIG_N; k++) {
		big_add(&sum, &row[k]);
		ASSERT_TRUE(is_close(stats_binom_cdf(k, BIG_N), big_scaled(&sum, -BIG_N),
				     2 * BIG_N * 0x1p-53))
			TH_LOG("k %d", k);
	}
}

/* Symmetry fixes the middle for any odd n; scaling keeps huge n finite. */
TEST(binom_cdf_huge_n)
{
	ASSERT_TRUE(is_close(stats_binom_cdf(50000, 100001), .5, 1e-10));
	ASSERT_TRUE(is_close(stats_binom_cdf(499999, 999999), .5, 1e-9));
	ASSERT_TRUE(stats_binom_cdf(0, 5000) == 0);
}

/* Known levels of the sign interval at 95 %: [v(k), v(n+1-k)]. */
TEST(sign_interval_known_levels)
{
	static const struct { unsigned int n, k; double level; } known[] = {
		{ 1, 1, 0 }, { 2, 1, .5 }, { 5, 1, 1 - 2. / 32 }, { 6, 1, 1 - 2. / 64 },
		{ 9, 2, 1 - 2 * 10. / 512 }, { 16, 4, 1 - 2 * 697. / 65536 },
		{ 20, 6, 1 - 2 * 21700. / 1048576 },
	};
	double v[20];

	for (unsigned int i = 0; i < 20; i++)
		v[i] = 20 - i;
	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		unsigned int n = known[i].n;
		struct interval iv;

		ASSERT_EQ(0, stats_sign_interval(v + 20 - n, n, .95, &iv));
		ASSERT_TRUE(iv.lo == known[i].k && iv.hi == n + 1 - known[i].k &&
			    is_close(iv.level, known[i].level, 1e-15))
			TH_LOG("n %u: [%g, %g] %.17g", n, iv.lo, iv.hi, iv.level);
	}
	ASSERT_TRUE(v[0] == 20);
}

TEST(sign_interval_bounds)
{
	static const double v[] = { 3, 1, 2 };
	struct interval iv;

	ASSERT_EQ(-EINVAL, stats_sign_interval(v, 0, .95, &iv));
	ASSERT_EQ(0, stats_sign_interval(v, 3, 1, &iv));
	ASSERT_TRUE(iv.lo == 1 && iv.hi == 3 && iv.level == .75);
	ASSERT_EQ(0, stats_sign_interval(v, 3, 0, &iv));
	ASSERT_TRUE(iv.lo == 2 && iv.hi == 2 && iv.level == 0);
	ASSERT_EQ(0, stats_sign_interval(v, 2, 0, &iv));
	ASSERT_TRUE(iv.lo == 1 && iv.hi == 3 && iv.level == .5);
}

/*
 * All 2^n sign patterns of n different magnitudes, equally likely when the median is 0: the share
 * of intervals that cover 0 is the level, not more and not less; and the next narrower pair of
 * order statistics would cover less than what was asked for.
 */
TEST(sign_interval_covers_its_level)
{
	for (unsigned int n = 1; n <= 13; n++) {
		for (double level = .5; level < 1; level += .09) {
			unsigned int covers = 0, narrower = 0;
			struct interval iv;

			for (unsigned int signs = 0; signs < 1u << n; signs++) {
				unsigned int above = 0, below = 0, k = 0;
				double v[13];

				for (unsigned int i = 0; i < n; i++)
					v[i] = signs >> i & 1 ? 1 + i : -1. - i;
				ASSERT_EQ(0, stats_sign_interval(v, n, level, &iv));
				covers += iv.lo <= 0 && iv.hi >= 0;
				for (unsigned int i = 0; i < n; i++) {
					above += v[i] > 0;
					below += v[i] < 0;
					k += v[i] <= iv.lo;
				}
				narrower += above > k && below > k;
			}
			ASSERT_TRUE(is_close(ldexp(covers, -(int)n), iv.level, 1e-14));
			ASSERT_TRUE(iv.level >= level || level > 1 - ldexp(2, -(int)n));
			ASSERT_TRUE(ldexp(narrower, -(int)n) < level);
		}
	}
}

/* Calls fn with each of the C(n, nb) ways to take b out of the pool. */
struct split {
	const double *pool;
	size_t n, na, nb;
	double a[16], b[16];
	unsigned long nr;
};

static bool split_next(struct split *s, unsigned int *mask)
{
	for (; *mask < 1u << s->n; ++*mask) {
		size_t na = 0, nb = 0;

		if ((size_t)__builtin_popcount(*mask) != s->nb)
			continue;
		for (size_t i = 0; i < s->n; i++) {
			if (*mask >> i & 1)
				s->b[nb++] = s->pool[i];
			else
				s->a[na++] = s->pool[i];
		}
		s->nr++;
		++*mask;
		return true;
	}
	return false;
}

/* Twice U: pairs with b above a count 2, ties 1. */
static unsigned int count_u2(const struct split *s)
{
	unsigned int u2 = 0;

	for (size_t i = 0; i < s->na; i++)
		for (size_t j = 0; j < s->nb; j++)
			u2 += (s->b[j] > s->a[i]) + (s->b[j] >= s->a[i]);
	return u2;
}

/* p of every split = share of the splits with at least its U. Returns the first that is wrong. */
static int check_mw(const double *pool, size_t na, size_t nb, double *wrong)
{
	unsigned int at_least[2 * 64 + 2] = {};
	struct split s = { .pool = pool, .n = na + nb, .na = na, .nb = nb };
	unsigned int mask = 0;
	double p;

	while (split_next(&s, &mask))
		for (unsigned int u = 0; u <= count_u2(&s); u++)
			at_least[u]++;
	for (mask = 0; split_next(&s, &mask);) {
		double expected = at_least[count_u2(&s)] / (double)at_least[0];

		if (stats_mw_greater(s.a, na, s.b, nb, 0, &p) || !is_close(p, expected, 1e-13)) {
			*wrong = p;
			return mask;
		}
	}
	return 0;
}

TEST(mw_is_exact_by_enumeration)
{
	static const double pools[][10] = {
		{ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 },	/* no ties */
		{ 0, 0, 0, 1, 1, 2, 2, 2, 2, 3 },
		{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 },
		{ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 },
		{ 5, 1, 3, 1, 2, 5, 5, 4, 0, 0 },	/* not in order */
	};

	for (unsigned int i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
		for (size_t n = 2; n <= 10; n++) {
			for (size_t na = 1; na < n; na++) {
				double wrong = 0;

				ASSERT_EQ(0, check_mw(pools[i], na, n - na, &wrong))
					TH_LOG("pool %u na %zu n %zu: p %g", i, na, n, wrong);
			}
		}
	}
}

/* The case of the comment in stats.h: with ties the distribution without ties is too liberal. */
TEST(mw_ties_are_not_liberal)
{
	static const double a[] = { 0, 0 }, b[] = { 0, 1 };
	double p;

	ASSERT_EQ(0, stats_mw_greater(a, 2, b, 2, 0, &p));
	ASSERT_TRUE(is_close(p, .5, 1e-15));
}

TEST(mw_delta)
{
	static const double a[] = { 1, 2, 3 }, b[] = { 11, 12, 13 };
	double p;

	ASSERT_EQ(0, stats_mw_greater(a, 3, b, 3, 7.5, &p));
	ASSERT_TRUE(is_close(p, 1. / 20, 1e-15));
	ASSERT_EQ(0, stats_mw_greater(a, 3, b, 3, 12.5, &p));
	ASSERT_TRUE(p == 1);
	ASSERT_EQ(0, stats_mw_greater(b, 3, a, 3, 0, &p));
	ASSERT_TRUE(p == 1);
	ASSERT_EQ(0, stats_mw_greater(b, 3, a, 3, -12.5, &p));
	ASSERT_TRUE(is_close(p, 1. / 20, 1e-15));
}

/* 1 / C(128, 64), whose double is known from a product; relative precision of a tiny p. */
TEST(mw_largest)
{
	double a[64], b[64], p, expected = 1;

	for (int i = 0; i < 64; i++) {
		a[i] = i;
		b[i] = 100 + i;
		expected *= (i + 1.) / (65 + i);
	}
	ASSERT_EQ(0, stats_mw_greater(a, 64, b, 64, 0, &p));
	ASSERT_TRUE(is_close(p, expected, 1e-12));
	ASSERT_EQ(0, stats_mw_greater(a, 63, b, 64, 0, &p));
	ASSERT_TRUE(is_close(p, expected * 2, 1e-12));
	ASSERT_EQ(0, stats_mw_greater(b, 64, a, 64, 0, &p));
	ASSERT_TRUE(p == 1);
}

TEST(mw_and_hl_bounds)
{
	double v[65] = {}, p, shift;
	struct interval iv;

	ASSERT_EQ(-EINVAL, stats_mw_greater(v, 0, v, 1, 0, &p));
	ASSERT_EQ(-EINVAL, stats_mw_greater(v, 1, v, 0, 0, &p));
	ASSERT_EQ(-EINVAL, stats_mw_greater(v, 65, v, 1, 0, &p));
	ASSERT_EQ(-EINVAL, stats_mw_greater(v, 1, v, 65, 0, &p));
	ASSERT_EQ(-EINVAL, stats_hl_shift(v, 0, v, 1, .95, &shift, &iv));
	ASSERT_EQ(-EINVAL, stats_hl_shift(v, 1, v, 65, .95, &shift, &iv));
}

TEST(hl_known)
{
	static const double a[] = { 3, 1, 2 }, b[] = { 12, 11, 17, 13 };
	struct interval iv;
	double shift;

	/* 8 9 9 10 10 10 11 11 12 14 15 16; P(U <= 0) = 1/35 */
	ASSERT_EQ(0, stats_hl_shift(a, 3, b, 4, .94, &shift, &iv));
	ASSERT_TRUE(shift == 10.5 && iv.lo == 8 && iv.hi == 16);
	ASSERT_TRUE(is_close(iv.level, 1 - 2. / 35, 1e-15));
	ASSERT_EQ(0, stats_hl_shift(a, 3, b, 4, .85, &shift, &iv));
	ASSERT_TRUE(iv.lo == 9 && iv.hi == 15 && is_close(iv.level, 1 - 4. / 35, 1e-15));
	ASSERT_EQ(0, stats_hl_shift(b, 4, a, 3, .94, &shift, &iv));
	ASSERT_TRUE(shift == -10.5 && iv.lo == -16 && iv.hi == -8);
	ASSERT_EQ(0, stats_hl_shift(a, 1, b, 1, .95, &shift, &iv));
	ASSERT_TRUE(shift == 9 && iv.lo == 9 && iv.hi == 9 && iv.level == 0);
	ASSERT_EQ(0, stats_hl_shift(a, 3, b, 4, 0, &shift, &iv));
	ASSERT_TRUE(iv.lo == 10 && iv.hi == 11 && iv.level > 0);
	/* 9 differences: the middle one alone, P(U <= 4) = 1/2 */
	ASSERT_EQ(0, stats_hl_shift(a, 3, b, 3, 0, &shift, &iv));
	ASSERT_TRUE(iv.lo == 10 && iv.hi == 10 && is_close(1 + iv.level, 1, 1e-15));
}

/* Six boots a side, the design's minimum: k = 6, P(U <= 5) = 19 / 924. */
TEST(hl_six_boots)
{
	double a[6], b[6], shift;
	struct interval iv;

	for (int i = 0; i < 6; i++) {
		a[i] = i;
		b[i] = 10 * i;
	}
	ASSERT_EQ(0, stats_hl_shift(a, 6, b, 6, .95, &shift, &iv));
	ASSERT_TRUE(is_close(iv.level, 1 - 2 * 19. / 924, 1e-14));
}

/*
 * Every split of a pool without ties is equally likely when the shift is 0: the share of the
 * intervals that cover 0 is the level. With ties the closed interval covers at least that much.
 */
TEST(hl_covers_its_level)
{
	static const double pools[][9] = {
		{ 1, 2.5, 3.7, 5, 8, 13, 21.5, 22, 40 }, { 0, 0, 1, 1, 1, 2, 3, 3, 3 },
	};

	for (int ties = 0; ties < 2; ties++) {
		for (size_t na = 1; na < 9; na++) {
			struct split s = { .pool = pools[ties], .n = 9, .na = na, .nb = 9 - na };
			unsigned int mask = 0, covers = 0;
			struct interval iv;
			double shift;

			while (split_next(&s, &mask)) {
				ASSERT_EQ(0, stats_hl_shift(s.a, na, s.b, 9 - na, .9, &shift, &iv));
				ASSERT_TRUE(iv.lo <= shift && shift <= iv.hi);
				covers += iv.lo <= 0 && iv.hi >= 0;
			}
			if (ties) {
				ASSERT_TRUE(covers >= iv.level * s.nr - 1e-9);
			} else {
				ASSERT_TRUE(is_close(covers, iv.level * s.nr, 1e-13));
			}
		}
	}
}

TEST(holm_known)
{
	static const double p[] = { .01, .04, .03, .005 }, ties[] = { .02, .5, .02 };
	double adj[4];

	ASSERT_EQ(-EINVAL, stats_holm(p, 0, adj));
	ASSERT_EQ(0, stats_holm(p, 4, adj));
	ASSERT_TRUE(is_close(adj[3], .02, 1e-15) && is_close(adj[0], .03, 1e-15));
	ASSERT_TRUE(is_close(adj[2], .06, 1e-15) && is_close(adj[1], .06, 1e-15));
	ASSERT_EQ(0, stats_holm(ties, 3, adj));
	ASSERT_TRUE(is_close(adj[0], .06, 1e-15) && adj[2] == adj[0] && adj[1] == .5);
	ASSERT_EQ(0, stats_holm(ties + 1, 1, adj));
	ASSERT_TRUE(adj[0] == .5);
	adj[0] = adj[1] = .9;
	ASSERT_EQ(0, stats_holm(adj, 2, adj));
	ASSERT_TRUE(adj[0] == 1 && adj[1] == 1);
}

TEST(lag1_known)
{
	static const double rising[] = { 1, 2, 3, 4 }, flips[] = { 1, -1, 1, -1 };
	static const double constant[] = { .1, .1, .1, .1, .1, .1, .1 };

	ASSERT_TRUE(stats_lag1(rising, 2) == 0);
	ASSERT_TRUE(is_close(stats_lag1(rising, 4), .25, 1e-15));
	ASSERT_TRUE(is_close(stats_lag1(flips, 4), -.75, 1e-15));
	ASSERT_TRUE(stats_lag1(constant, 7) == 0);
}

TEST(line_fit_known)
{
	static const double x[] = { 0, 1, 2, 3 }, y[] = { 1, 3, 5, 7 }, noisy[] = { 1, 2, 2, 4 };
	static const double constant[] = { .1, .1, .1, .1 };
	struct line_fit fit;

	ASSERT_EQ(-EINVAL, stats_line_fit(x, y, 0, &fit));
	ASSERT_EQ(-EINVAL, stats_line_fit(x, y, 1, &fit));
	ASSERT_EQ(-EINVAL, stats_line_fit(constant, y, 4, &fit));
	ASSERT_EQ(0, stats_line_fit(x, y, 4, &fit));
	ASSERT_TRUE(fit.slope == 2 && fit.intercept == 1 && fit.r2 == 1);
	ASSERT_EQ(0, stats_line_fit(x, constant, 4, &fit));
	ASSERT_TRUE(fit.slope == 0 && fit.intercept == .1 && fit.r2 == 1);
	/* sxx 5, sxy 4.5, syy 4.75 */
	ASSERT_EQ(0, stats_line_fit(x, noisy, 4, &fit));
	ASSERT_TRUE(is_close(fit.slope, .9, 1e-15) && is_close(fit.intercept, .9, 1e-14));
	ASSERT_TRUE(is_close(fit.r2, 4.5 * 4.5 / 5 / 4.75, 1e-14));
}

TEST(out_of_memory)
{
	static const double v[] = { 1, 2, 3 };
	struct interval iv;
	double x;

	mallocs_left = 0;
	ASSERT_EQ(-ENOMEM, stats_median(v, 3, &x));
	ASSERT_EQ(-ENOMEM, stats_mad(v, 3, &x));
	ASSERT_EQ(-ENOMEM, stats_sign_interval(v, 3, .95, &iv));
	ASSERT_EQ(-ENOMEM, stats_hl_shift(v, 3, v, 3, .95, &x, &iv));
	ASSERT_EQ(-ENOMEM, stats_mw_greater(v, 3, v, 3, 0, &x));
	ASSERT_EQ(-ENOMEM, stats_holm(v, 3, &x));
	mallocs_left = 1;
	ASSERT_EQ(-ENOMEM, stats_hl_shift(v, 3, v, 3, .95, &x, &iv));
	mallocs_left = -1;	/* the coverage library's exit handler allocates */
}

TEST_HARNESS_MAIN
