// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "core/sample.h"

#define SAMPLE_SET_MIN_CAP 64

int sample_set__add(struct sample_set *set, const struct sample *s)
{
	if (set->nr == set->cap) {
		size_t cap = set->cap ? set->cap * 2 : SAMPLE_SET_MIN_CAP;
		struct sample *v = realloc(set->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		set->v = v;
		set->cap = cap;
	}
	set->v[set->nr++] = *s;
	return 0;
}

void sample_set__free(struct sample_set *set)
{
	free(set->v);
	*set = (struct sample_set){};
}

double sample_per_op(const struct sample *s)
{
	return (double)s->elapsed / (double)s->done;
}

const char *slot_name(enum slot slot)
{
	static const char *const names[NR_SLOTS] = {
		[SLOT_RAW] = "raw",
		[SLOT_BASE] = "base",
		[SLOT_REF] = "ref",
	};

	return (unsigned int)slot < NR_SLOTS ? names[slot] : "?";
}
