/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_METRIC_H
#define BENCH_CORE_METRIC_H

#include <stddef.h>

enum clock_kind { CLOCK_KIND_NS, CLOCK_KIND_INSN, CLOCK_KIND_NONE, NR_CLOCK_KINDS };

enum better { BETTER_LOWER, BETTER_HIGHER, BETTER_NEITHER };

/*
 * The only place a metric is described. @unit is empty for the metrics whose unit is the
 * clock's (raw, base, net): metric_unit() then says ns/op or insn/op. @min_effect is relative:
 * a smaller change of the metric is never called faster or slower in time mode.
 */
struct metric_def {
	const char *name;
	const char *unit;
	enum better better;
	double min_effect;
};

/* NULL for a name that no row of the table has. */
const struct metric_def *metric_find(const char *name);
/* The i-th row, NULL behind the last. */
const struct metric_def *metric_at(size_t i);
const char *metric_unit(const struct metric_def *def, enum clock_kind clock);
const char *better_name(enum better better);
/* "ns", "insn", "none" (events and sizes only, no clock that may be believed). */
const char *clock_kind_name(enum clock_kind clock);
/* -EINVAL for an unknown name. */
int clock_kind_parse(const char *name, enum clock_kind *clock);

#endif
