// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/slowed.h"
#include "core/stats.h"

/*
 * Above a step of the clock's frequency (5.1, 5.27, 5.45, 5.7 ns were seen where a neighbour made it
 * 6.6 to 10), below what a neighbour does.
 */
#define SLOWED_RATIO 1.1

double slowed_limit(double fastest)
{
	return SLOWED_RATIO * fastest;
}

bool slowed_are_too_many(uint32_t slowed, uint32_t kept)
{
	return slowed > 3 * (uint64_t)kept;
}

/* Median per operation over the usable rounds of a load; 0 without any. @scratch holds set->nr. */
static int load_median(const struct sample_set *set, uint32_t load, double *scratch, double *median)
{
	size_t nr = 0;

	for (size_t i = 0; i < set->nr; i++)
		if (set->v[i].load == load && !(set->v[i].flags & ~SAMPLE_SLOWED))
			scratch[nr++] = sample_per_op(&set->v[i]);
	*median = 0;
	return nr ? stats_median(scratch, nr, median) : 0;
}

static void mark_load(struct sample_set *set, uint32_t load)
{
	for (size_t i = 0; i < set->nr; i++)
		if (set->v[i].load == load)
			set->v[i].flags |= SAMPLE_SLOWED;
}

int mark_slowed_loads(struct sample_set sets[NR_SLOTS], uint32_t nr_loads, bool *is_slowed)
{
	const struct sample_set *ref = &sets[SLOT_REF];
	double *medians = malloc((nr_loads + ref->nr) * sizeof(*medians));
	int err = medians ? 0 : -ENOMEM, nr = 0;
	double limit = INFINITY;

	for (uint32_t load = 0; load < nr_loads && !err; load++) {
		err = load_median(ref, load, medians + nr_loads, &medians[load]);
		if (!err && medians[load] > 0)
			limit = fmin(limit, slowed_limit(medians[load]));
	}
	for (uint32_t load = 0; load < nr_loads && !err; load++) {
		is_slowed[load] = medians[load] > limit;
		nr += !is_slowed[load];
		for (int s = 0; s < NR_SLOTS && is_slowed[load]; s++)
			mark_load(&sets[s], load);
	}
	free(medians);
	return err ? err : nr;
}
