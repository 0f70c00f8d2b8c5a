// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys drawn by inversion: a table of the cumulated weights and a binary search. With x drawn in
 * steps of 2^-53 of the total, and each sum rounded once, the probability p of a rank is off by
 * less than 2^-52 + n * 2^-53 * p, plus the rounding of libm's pow(): for a million ranks by
 * 1e-10 of itself. C libraries that round pow() differently part with a chance of that size a draw.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/keys.h"
#include "core/rng.h"

/* Fisher-Yates, from the identity. */
void keys_permute(uint32_t *out, uint32_t n, uint64_t seed)
{
	struct rng rng;

	rng_seed_named(&rng, seed, "keys_permute");
	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = rng_below(&rng, (uint64_t)i + 1);

		out[i] = i;
		out[i] = out[j];
		out[j] = i;
	}
}

/* The first rank (from 0) whose cumulated weight is above @x; @x is below the last one's. */
static uint32_t find_rank(const double *cumulated, uint32_t n, double x)
{
	uint32_t low = 0, high = n - 1;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (cumulated[mid] > x)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static int fill_zipf(struct rng *rng, uint32_t *out, size_t nr, uint32_t n, double s, uint64_t seed)
{
	double *cumulated = malloc(n * sizeof(*cumulated));
	uint32_t *keys = malloc(n * sizeof(*keys));
	double total = 0;
	int err = -ENOMEM;

	if (!cumulated || !keys)
		goto out;
	for (uint32_t i = 0; i < n; i++) {
		total += pow(i + 1., -s);
		cumulated[i] = total;
	}
	keys_permute(keys, n, seed);
	for (size_t i = 0; i < nr; i++)
		out[i] = keys[find_rank(cumulated, n, rng_double(rng) * total)];
	err = 0;
out:
	free(cumulated);
	free(keys);
	return err;
}

int keys_fill(uint32_t *out, size_t nr, uint32_t n, double s, uint64_t seed)
{
	struct rng rng;

	if (!n || !(s >= 0) || isinf(s) || (s > 0 && n > KEYS_MAX_RANKS))
		return -EINVAL;
	rng_seed_named(&rng, seed, "keys_fill");
	if (s > 0)
		return fill_zipf(&rng, out, nr, n, s, seed);
	for (size_t i = 0; i < nr; i++)
		out[i] = rng_below(&rng, n);
	return 0;
}
