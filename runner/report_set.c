// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/estimate.h"
#include "core/slowed.h"
#include "report_set.h"

static int report_set_add(struct report_set *set, const struct load_report *one, uint32_t load,
			  uint32_t max_loads)
{
	int i;

	for (i = 0; i < set->nr && strcmp(set->metric[i], one->metric); i++)
		;
	if (i == REPORT_SET_MAX)
		return -ENOSPC;
	if (i == set->nr) {
		set->v[i] = malloc(max_loads * sizeof(double));
		if (!set->v[i])
			return -ENOMEM;
		for (uint32_t k = 0; k < max_loads; k++)
			set->v[i][k] = NAN;
		set->metric[i] = one->metric;
		set->nr++;
	}
	if (!isnan(set->v[i][load]))
		return -EEXIST;
	set->v[i][load] = one->value;
	return 0;
}

int report_set_take(struct report_set *set, struct exec *x, uint32_t load, uint32_t max_loads)
{
	struct load_report v[REPORT_SET_MAX];
	int i, err = 0, nr = x->ops->report(x, v, REPORT_SET_MAX);

	for (i = 0; i < nr && !err; i++)
		err = report_set_add(set, &v[i], load, max_loads);
	return nr < 0 ? nr : err;
}

static int add_report(struct result *r, const char *metric, double *v, const struct load_set *loads)
{
	struct estimate e;
	uint32_t nr = 0;
	int err;

	for (uint32_t load = 0; load < loads->nr; load++)
		if (!loads->is_slowed[load] && !isnan(v[load]))
			v[nr++] = v[load];
	/* It was seen in slowed loads only. */
	if (!nr)
		return 0;
	err = estimate_values(&e, v, nr, ESTIMATE_LEVEL);
	if (slowed_are_too_many(loads->nr - loads->nr_kept, loads->nr_kept))
		e.quality = QUALITY_UNSTABLE;
	return err ?: result_add_metric(r, metric, &e);
}

int report_set_end(struct report_set *set, const struct load_set *loads, struct result *r, int err)
{
	int i;

	for (i = 0; i < set->nr; i++) {
		err = err ?: add_report(r, set->metric[i], set->v[i], loads);
		free(set->v[i]);
	}
	return err;
}
