/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_ESTIMATE_H
#define BENCH_CORE_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>
#include "metric.h"
#include "sample.h"

enum quality {
	QUALITY_OK,
	/* Insn mode: all loads agree, and most batches of each, up to the clock's rounding. */
	QUALITY_EXACT,
	QUALITY_INEXACT,	/* insn mode: they do not */
	/* > 20 % of batches excluded, too many loads slowed, or lag-1 autocorrelation > 0.3 */
	QUALITY_UNSTABLE,
	QUALITY_UNRESOLVED,	/* a net whose interval contains 0 */
	NR_QUALITIES
};

const char *quality_name(enum quality q);
int quality_parse(const char *name, enum quality *q);	/* -EINVAL */

/* Of every interval of a run. */
#define ESTIMATE_LEVEL 0.95

/* A figure with its uncertainty. [lo, hi] covers the true median with probability @level. */
struct estimate {
	double value;
	double lo, hi;
	double level;
	double mad;		/* 1.4826 x MAD between loads */
	double mad_within;	/* median over loads of 1.4826 x MAD between rounds of a load */
	uint32_t n;		/* loads (the unit) that entered */
	uint32_t nr_excluded;	/* batches excluded for a cause other than warm-up */
	enum quality quality;
};

/* An exact figure that is read, not sampled (a program's size): lo = hi = value, level 1, n 1. */
struct estimate estimate_exact(double value);

/*
 * A figure of which each load gives one value: median, sign interval, MAD between loads. Values
 * that all agree are exact. n >= 1. 0 or -ENOMEM.
 */
int estimate_values(struct estimate *e, const double *v, size_t n, double level);

/*
 * Per-load values in the order of loads: time mode takes the median over the rounds of a load,
 * insn mode the minimum (a disturbance only ever adds). @base NULL: the case itself; else
 * the difference raw - base paired in the round (a round where either is excluded or missing drops
 * out); insn mode subtracts the minima, and subtracts elapsed before dividing when the done counts
 * agree, so that a difference of counts stays an integer multiple of 1/done.
 * Writes up to @max values, returns how many (loads without a usable round are left out), or
 * -ENODATA when none is left, -EINVAL (clock is CLOCK_KIND_NONE), -ENOMEM.
 */
int estimate_loads(const struct sample_set *raw, const struct sample_set *base,
		   enum clock_kind clock, double *per_load, uint32_t max);

/*
 * The figure of @raw, or of raw - base when @base is given. 0, -ENODATA (every batch excluded),
 * -EINVAL (clock is CLOCK_KIND_NONE) or -ENOMEM. @level is nominal, e.g. 0.95.
 */
int estimate_samples(struct estimate *e, const struct sample_set *raw,
		     const struct sample_set *base, enum clock_kind clock, double level);

#endif
