/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_STATS_H
#define BENCH_CORE_STATS_H

#include <stddef.h>

/*
 * Order statistics and exact rank tests. All are pure, take at least one value (n >= 1) and finite
 * values only, and leave their input as it was. Allocating ones return 0, -EINVAL or -ENOMEM.
 */

struct interval {
	double lo, hi;
	double level;	/* the exact coverage, not the nominal one */
};

/* Mean of the two middle values for even n. */
int stats_median(const double *v, size_t n, double *median);
/* 1.4826 x median absolute deviation from the median: the SD of a normal sample. */
int stats_mad(const double *v, size_t n, double *mad);
/* P(X <= k) for X ~ Binomial(n, 1/2), exact to rounding for n <= 1000. */
double stats_binom_cdf(unsigned int k, unsigned int n);
/*
 * Interval for the median from order statistics (sign test): the narrowest symmetric pair
 * [v(k), v(n+1-k)] whose exact coverage 1 - 2 P(X <= k-1) is at least @level; when even the
 * extremes cover less, the extremes with the level they do have (n = 1: level 0).
 */
int stats_sign_interval(const double *v, size_t n, double level, struct interval *iv);
/*
 * Hodges-Lehmann shift of @b against @a (median of all b - a) and its exact Mann-Whitney interval.
 * Bound: na, nb <= 64 (memory of the exact distribution), else -EINVAL.
 */
int stats_hl_shift(const double *a, size_t na, const double *b, size_t nb, double level,
		   double *shift, struct interval *iv);
/*
 * One-sided exact Mann-Whitney p-value of "b - a > delta" (small: b is larger by more than delta).
 * Ties take middle ranks, and the null distribution is the exact permutation distribution given
 * the ties: P(p <= x) <= x whatever the data. (The distribution without ties would not do: of
 * a = {0, 0}, b = {0, 1} it says 1/3, and half of all permutations are as extreme.) Same bound as
 * stats_hl_shift().
 */
int stats_mw_greater(const double *a, size_t na, const double *b, size_t nb, double delta,
		     double *p);
/* Holm's step-down: adjusted[i] = the p-value of hypothesis i after adjustment for n of them. */
int stats_holm(const double *p, size_t n, double *adjusted);
/* Lag-1 autocorrelation; 0 for n < 3 or a constant series. */
double stats_lag1(const double *v, size_t n);
/* Least squares y = a + b x; r2 in [0, 1] (1 for a constant y that is fitted exactly). n >= 2 and
 * at least two different x, else -EINVAL. */
struct line_fit {
	double intercept, slope, r2;
};
int stats_line_fit(const double *x, const double *y, size_t n, struct line_fit *fit);

#endif
