// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/stats.h"

#define MAD_TO_SD	1.4826	/* 1 / Phi^-1(3/4) */
#define MW_MAX		64	/* values a side */

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double *sorted_copy(const double *v, size_t n)
{
	double *copy = malloc(n * sizeof(*copy));

	if (!copy)
		return NULL;
	memcpy(copy, v, n * sizeof(*copy));
	qsort(copy, n, sizeof(*copy), compare_doubles);
	return copy;
}

/* x / 2 + y / 2, not (x + y) / 2: the sum may overflow. */
static double median_of_sorted(const double *v, size_t n)
{
	return n % 2 ? v[n / 2] : v[n / 2 - 1] / 2 + v[n / 2] / 2;
}

int stats_median(const double *v, size_t n, double *median)
{
	double *s;

	if (!n)
		return -EINVAL;
	s = sorted_copy(v, n);
	if (!s)
		return -ENOMEM;
	*median = median_of_sorted(s, n);
	free(s);
	return 0;
}

int stats_mad(const double *v, size_t n, double *mad)
{
	double *s, center;

	if (!n)
		return -EINVAL;
	s = sorted_copy(v, n);
	if (!s)
		return -ENOMEM;
	center = median_of_sorted(s, n);
	for (size_t i = 0; i < n; i++)
		s[i] = fabs(s[i] - center);
	qsort(s, n, sizeof(*s), compare_doubles);
	*mad = MAD_TO_SD * median_of_sorted(s, n);
	free(s);
	return 0;
}

/*
 * sum C(n, i) / 2^n over i <= k. Each C(n, i) is exact while n C(n, i) < 2^53 (n <= 50); beyond,
 * every step adds two roundings, so the relative error stays below 2 n 2^-53. Scaling by a power
 * of two keeps the sum finite for any n.
 */
double stats_binom_cdf(unsigned int k, unsigned int n)
{
	double c = 1, sum = 1;
	int scale = 0;

	if (k >= n)
		return 1;
	if (k > (n - 1) / 2)
		return 1 - stats_binom_cdf(n - 1 - k, n);
	for (unsigned int i = 0; i < k; i++) {
		c = c * (n - i) / (i + 1);
		sum += c;
		if (sum > 0x1p900) {
			c *= 0x1p-900;
			sum *= 0x1p-900;
			scale += 900;
		}
	}
	return ldexp(sum, scale - (int)n);
}

/* The largest k in [1, (n+1)/2] with 1 - 2 P(X <= k-1) >= level; 1 when none has. */
static size_t sign_rank(size_t n, double level)
{
	size_t lo = 1, hi = (n + 1) / 2;

	while (lo < hi) {
		size_t k = (lo + hi + 1) / 2;

		if (1 - 2 * stats_binom_cdf(k - 1, n) >= level)
			lo = k;
		else
			hi = k - 1;
	}
	return lo;
}

int stats_sign_interval(const double *v, size_t n, double level, struct interval *iv)
{
	double *s;
	size_t k;

	if (!n)
		return -EINVAL;
	s = sorted_copy(v, n);
	if (!s)
		return -ENOMEM;
	k = sign_rank(n, level);
	*iv = (struct interval){
		.lo = s[k - 1],
		.hi = s[n - k],
		.level = 1 - 2 * stats_binom_cdf(k - 1, n),
	};
	free(s);
	return 0;
}

/*
 * Cumulative permutation distribution of the rank sum of m out of m + n values, m <= n, given the
 * ranks @rank2 in ascending order, all doubled so that the middle ranks of ties are integers.
 * *cdf has 2 m n + 1 entries: [u] is the share of the C(m+n, m) subsets with a doubled rank sum
 * <= m (m+1) + u, that is with a Mann-Whitney U <= u / 2.
 *
 * ways[j][u] counts the subsets of size j of the values seen so far whose doubled rank sum is
 * j (j+1) + u. 0 <= u <= 2 j (m+n-j) <= 2 m n holds for every subset, ties or not, because middle
 * ranks are averages of ranks. Counts are exact below 2^53 (m + n <= 56); beyond, only positive
 * terms are added, so the relative error stays below (m + n) 2^-53. Memory: 4.3 MB at 64 and 64.
 */
static int rank_sum_cdf(const unsigned int *rank2, size_t m, size_t n, double **cdf)
{
	size_t width = 2 * m * n + 1;
	double *ways, *last, sum = 0;

	ways = calloc((m + 1) * width, sizeof(*ways));
	if (!ways)
		return -ENOMEM;
	ways[0] = 1;
	for (size_t i = 0; i < m + n; i++) {
		for (size_t j = i < m ? i + 1 : m; j >= 1; j--) {
			const double *from = ways + (j - 1) * width;
			double *to = ways + j * width;
			long shift = (long)rank2[i] - 2 * (long)j;
			size_t u = shift < 0 ? -shift : 0;
			size_t end = shift > 0 ? width - shift : width;

			for (; u < end; u++)
				to[u + shift] += from[u];
		}
	}
	last = ways + m * width;
	for (size_t u = 0; u < width; u++)
		ways[u] = sum += last[u];
	for (size_t u = 0; u < width; u++)
		ways[u] /= sum;
	*cdf = ways;
	return 0;
}

static bool mw_size_is_valid(size_t na, size_t nb)
{
	return na >= 1 && na <= MW_MAX && nb >= 1 && nb <= MW_MAX;
}

/* Interval [d(k), d(mn+1-k)] of the sorted differences: covers with 1 - 2 P(U <= k-1). */
static int hl_interval(const double *d, size_t na, size_t nb, double level, struct interval *iv)
{
	size_t m = na < nb ? na : nb, n = na < nb ? nb : na, k = 1;
	unsigned int rank2[2 * MW_MAX];
	double *cdf;
	int err;

	for (size_t i = 0; i < m + n; i++)
		rank2[i] = 2 * (i + 1);
	err = rank_sum_cdf(rank2, m, n, &cdf);
	if (err)
		return err;
	while (k < (m * n + 1) / 2 && 1 - 2 * cdf[2 * k] >= level)
		k++;
	*iv = (struct interval){
		.lo = d[k - 1],
		.hi = d[m * n - k],
		.level = 1 - 2 * cdf[2 * (k - 1)],
	};
	free(cdf);
	return 0;
}

int stats_hl_shift(const double *a, size_t na, const double *b, size_t nb, double level,
		   double *shift, struct interval *iv)
{
	double *d;
	int err;

	if (!mw_size_is_valid(na, nb))
		return -EINVAL;
	d = malloc(na * nb * sizeof(*d));
	if (!d)
		return -ENOMEM;
	for (size_t i = 0; i < na; i++)
		for (size_t j = 0; j < nb; j++)
			d[i * nb + j] = b[j] - a[i];
	qsort(d, na * nb, sizeof(*d), compare_doubles);
	err = hl_interval(d, na, nb, level, iv);
	if (!err)
		*shift = median_of_sorted(d, na * nb);
	free(d);
	return err;
}

/* Doubled middle rank of @x among the sorted @pool: smaller values + values not above + 1. */
static unsigned int middle_rank2(const double *pool, size_t n, double x)
{
	unsigned int rank2 = 1;

	for (size_t i = 0; i < n; i++)
		rank2 += (pool[i] < x) + (pool[i] <= x);
	return rank2;
}

/*
 * The smaller group's rank sum is small when "b - a > delta": of a as it is, of b in the negated
 * pool. The lower tail is summed directly, so tiny p-values keep their relative precision.
 */
int stats_mw_greater(const double *a, size_t na, const double *b, size_t nb, double delta,
		     double *p)
{
	bool b_is_small = nb <= na;
	size_t m = b_is_small ? nb : na, n = b_is_small ? na : nb, total = na + nb;
	double pool[2 * MW_MAX], small[MW_MAX], sign = b_is_small ? -1 : 1, *cdf;
	unsigned int rank2[2 * MW_MAX], u2 = 0;
	int err;

	if (!mw_size_is_valid(na, nb))
		return -EINVAL;
	for (size_t i = 0; i < na; i++)
		pool[i] = sign * a[i];
	for (size_t j = 0; j < nb; j++)
		pool[na + j] = sign * (b[j] - delta);
	memcpy(small, b_is_small ? pool + na : pool, m * sizeof(*small));
	qsort(pool, total, sizeof(*pool), compare_doubles);
	for (size_t i = 0; i < total; i++)
		rank2[i] = middle_rank2(pool, total, pool[i]);
	for (size_t i = 0; i < m; i++)
		u2 += middle_rank2(pool, total, small[i]);

	err = rank_sum_cdf(rank2, m, n, &cdf);
	if (err)
		return err;
	*p = cdf[u2 - m * (m + 1)];
	free(cdf);
	return 0;
}

struct ranked_p {
	double p;
	size_t i;
};

static int compare_ranked_p(const void *a, const void *b)
{
	return compare_doubles(&((const struct ranked_p *)a)->p, &((const struct ranked_p *)b)->p);
}

/* Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6, 1979. */
int stats_holm(const double *p, size_t n, double *adjusted)
{
	struct ranked_p *r;
	double top = 0;

	if (!n)
		return -EINVAL;
	r = malloc(n * sizeof(*r));
	if (!r)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		r[i] = (struct ranked_p){ p[i], i };
	qsort(r, n, sizeof(*r), compare_ranked_p);
	for (size_t i = 0; i < n; i++) {
		top = fmax(top, fmin(1, (n - i) * r[i].p));
		adjusted[r[i].i] = top;
	}
	free(r);
	return 0;
}

/*
 * r1 = sum (x[i] - mean)(x[i+1] - mean) / sum (x[i] - mean)^2; about -1/n for independent values.
 * Taken relative to the first value, so that a constant series gives exactly 0.
 */
double stats_lag1(const double *v, size_t n)
{
	double mean = 0, num = 0, den = 0;

	if (n < 3)
		return 0;
	for (size_t i = 0; i < n; i++)
		mean += (v[i] - v[0]) / n;
	for (size_t i = 0; i < n; i++) {
		double d = v[i] - v[0] - mean;

		den += d * d;
		if (i + 1 < n)
			num += d * (v[i + 1] - v[0] - mean);
	}
	return den > 0 ? num / den : 0;
}

/* Centred sums, relative to the first point: exact slope 0 and r2 1 for a constant y. */
int stats_line_fit(const double *x, const double *y, size_t n, struct line_fit *fit)
{
	double mx = 0, my = 0, sxx = 0, sxy = 0, syy = 0;

	if (n < 2)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		mx += (x[i] - x[0]) / n;
		my += (y[i] - y[0]) / n;
	}
	for (size_t i = 0; i < n; i++) {
		double dx = x[i] - x[0] - mx, dy = y[i] - y[0] - my;

		sxx += dx * dx;
		sxy += dx * dy;
		syy += dy * dy;
	}
	if (!(sxx > 0))
		return -EINVAL;
	fit->slope = sxy / sxx;
	fit->intercept = y[0] + my - fit->slope * (x[0] + mx);
	fit->r2 = syy > 0 ? fmin(1, sxy * sxy / sxx / syy) : 1;
	return 0;
}
