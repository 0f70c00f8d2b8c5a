// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "core/estimate.h"
#include "core/slowed.h"
#include "core/stats.h"

#define MAX_EXCLUDED	0.2	/* share of the batches that are not warm-up */
#define MAX_LAG1	0.3
#define LAG1_SDS	3	/* and as many standard deviations of r1 of independent rounds */

/* Batches that count for nothing in a mode. A counted guest's disturbances only ever add, which
 * the minimum undoes; only workers that did not overlap measured something else. */
#define DROPPED_NS	SAMPLE_FLAGS_ALL
#define DROPPED_INSN	(SAMPLE_WARMUP | SAMPLE_NO_OVERLAP)

static const char *const quality_names[NR_QUALITIES] = {
	[QUALITY_OK] = "ok",
	[QUALITY_EXACT] = "exact",
	[QUALITY_INEXACT] = "inexact",
	[QUALITY_UNSTABLE] = "unstable",
	[QUALITY_UNRESOLVED] = "unresolved",
};

const char *quality_name(enum quality q)
{
	return (unsigned int)q < NR_QUALITIES ? quality_names[q] : "?";
}

int quality_parse(const char *name, enum quality *q)
{
	for (int i = 0; i < NR_QUALITIES; i++) {
		if (!strcmp(name, quality_names[i])) {
			*q = i;
			return 0;
		}
	}
	return -EINVAL;
}

struct estimate estimate_exact(double value)
{
	return (struct estimate){
		.value = value, .lo = value, .hi = value, .level = 1, .n = 1,
		.quality = QUALITY_EXACT,
	};
}

int estimate_values(struct estimate *e, const double *v, size_t n, double level)
{
	struct interval iv = {};
	int err;

	memset(e, 0, sizeof(*e));
	err = stats_median(v, n, &e->value);
	err = err ?: stats_mad(v, n, &e->mad);
	err = err ?: stats_sign_interval(v, n, level, &iv);
	e->lo = iv.lo;
	e->hi = iv.hi;
	e->level = iv.level;
	e->n = n;
	for (size_t i = 1; i < n; i++)
		if (v[i] != v[0])
			return err;
	e->quality = QUALITY_EXACT;
	return err;
}

/* One usable round: the batch of the case and, for a net, the baseline's of the same round. */
struct pair {
	const struct sample *raw, *base;
	double v;		/* per operation */
};

struct load {
	double value, mad;
	bool is_agreed;	/* insn mode: at least half of the rounds show the value */
	double rounding;	/* insn mode: of value, by the resolution of the clock */
};

static uint32_t dropped_flags(enum clock_kind clock)
{
	return clock == CLOCK_KIND_INSN ? DROPPED_INSN : DROPPED_NS;
}

static int compare_keys(const struct sample *x, const struct sample *y)
{
	if (x->load != y->load)
		return x->load < y->load ? -1 : 1;
	return (x->round > y->round) - (x->round < y->round);
}

/* By load, round and place in the set: the k-th batch of a round meets the k-th of the other. */
static int compare_samples(const void *a, const void *b)
{
	const struct sample *x = *(const struct sample *const *)a;
	const struct sample *y = *(const struct sample *const *)b;
	int order = compare_keys(x, y);

	return order ? order : (x > y) - (x < y);
}

/* Returns how many usable batches *out has, -ENODATA or -ENOMEM. */
static ssize_t usable_sorted(const struct sample_set *set, uint32_t dropped,
			     const struct sample ***out)
{
	const struct sample **v;
	size_t nr = 0;

	if (!set->nr)
		return -ENODATA;
	v = malloc(set->nr * sizeof(*v));
	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < set->nr; i++)
		if (!(set->v[i].flags & dropped))
			v[nr++] = &set->v[i];
	qsort(v, nr, sizeof(*v), compare_samples);
	*out = v;
	return nr;
}

static double pair_per_op(const struct sample *raw, const struct sample *base)
{
	if (!base)
		return sample_per_op(raw);
	if (raw->done == base->done)
		return (double)(int64_t)(raw->elapsed - base->elapsed) / (double)raw->done;
	return sample_per_op(raw) - sample_per_op(base);
}

/* Merge of two sorted lists; @base NULL: every batch of @raw. Returns how many pairs. */
static size_t merge_rounds(const struct sample **raw, size_t nr_raw, const struct sample **base,
			   size_t nr_base, struct pair *out)
{
	size_t nr = 0, i = 0, j = 0;

	while (i < nr_raw && (!base || j < nr_base)) {
		int order = base ? compare_keys(raw[i], base[j]) : 0;

		if (!order) {
			out[nr].raw = raw[i];
			out[nr].base = base ? base[j] : NULL;
			out[nr].v = pair_per_op(out[nr].raw, out[nr].base);
			nr++;
		}
		i += order <= 0;
		j += order >= 0;
	}
	return nr;
}

/* Returns how many pairs *out has (at least one), -ENODATA or -ENOMEM. */
static ssize_t collect_pairs(const struct sample_set *raw, const struct sample_set *base,
			     enum clock_kind clock, struct pair **out)
{
	const struct sample **r = NULL, **b = NULL;
	ssize_t nr_raw, nr_base = 0, nr;
	struct pair *pairs = NULL;

	nr = nr_raw = usable_sorted(raw, dropped_flags(clock), &r);
	if (nr_raw < 0)
		goto cleanup;
	if (base)
		nr = nr_base = usable_sorted(base, dropped_flags(clock), &b);
	if (nr_base < 0)
		goto cleanup;
	nr = -ENOMEM;
	pairs = malloc((nr_raw + 1) * sizeof(*pairs));
	if (!pairs)
		goto cleanup;
	nr = merge_rounds(r, nr_raw, b, nr_base, pairs);
	if (!nr)
		nr = -ENODATA;
cleanup:
	free(r);
	free(b);
	if (nr < 0)
		free(pairs);
	else
		*out = pairs;
	return nr;
}

/* The cheaper of two batches per operation. */
static const struct sample *cheaper(const struct sample *x, const struct sample *y)
{
	return sample_per_op(y) < sample_per_op(x) ? y : x;
}

/*
 * A counted guest's clock is read in whole ns: two reads err by less than one, so the counts of one
 * and the same code differ by up to one in a batch, and those of a pair by up to two.
 */
static double clock_rounding(const struct sample *s)
{
	return 1.0 / (double)s->done;
}

static bool is_minimal(const struct sample *s, const struct sample *min)
{
	return sample_per_op(s) - sample_per_op(min) <= clock_rounding(min) * (1 + 1e-9);
}

/*
 * Minima of the case and the baseline over the rounds of a load. Minima with different done counts
 * (a calibration that differs between the two) leave two rounded quotients to subtract. A load is
 * agreed on when at least half of the batches of either show its minimum, or when at least half of
 * the rounds show the net that the minima give: what moves both of a pair alike, such as a longer
 * way through the same system call, leaves with the baseline.
 */
static void load_minimum(const struct pair *p, size_t nr, struct load *load)
{
	const struct sample *raw = p->raw, *base = p->base;
	size_t nr_raw = 0, nr_base = 0, nr_net = 0;

	for (size_t i = 1; i < nr; i++) {
		raw = cheaper(raw, p[i].raw);
		if (base)
			base = cheaper(base, p[i].base);
	}
	load->rounding = clock_rounding(raw) + (base ? clock_rounding(base) : 0);
	load->value = pair_per_op(raw, base);
	for (size_t i = 0; i < nr; i++) {
		nr_raw += is_minimal(p[i].raw, raw);
		nr_base += !base || is_minimal(p[i].base, base);
		nr_net += fabs(p[i].v - load->value) <= load->rounding * (1 + 1e-9);
	}
	load->is_agreed = (2 * nr_raw >= nr && 2 * nr_base >= nr) || 2 * nr_net >= nr;
}

/* @scratch holds as many values as there are pairs. */
static int load_summary(const struct pair *p, size_t nr, enum clock_kind clock, double *scratch,
			struct load *load)
{
	int err;

	for (size_t i = 0; i < nr; i++)
		scratch[i] = p[i].v;
	err = stats_mad(scratch, nr, &load->mad);
	if (err)
		return err;
	if (clock == CLOCK_KIND_NS)
		return stats_median(scratch, nr, &load->value);
	load_minimum(p, nr, load);
	return 0;
}

static size_t load_end(const struct pair *p, size_t nr, size_t begin)
{
	size_t end = begin;

	while (end < nr && p[end].raw->load == p[begin].raw->load)
		end++;
	return end;
}

/* In the order of loads; @loads and @scratch hold @nr. Returns how many loads, or -ENOMEM. */
static ssize_t summarise_loads(const struct pair *p, size_t nr, enum clock_kind clock,
			       double *scratch, struct load *loads)
{
	ssize_t nr_loads = 0;

	for (size_t begin = 0, end; begin < nr; begin = end) {
		int err;

		end = load_end(p, nr, begin);
		err = load_summary(p + begin, end - begin, clock, scratch, &loads[nr_loads++]);
		if (err)
			return err;
	}
	return nr_loads;
}

/*
 * Whether what a round shows still hangs on the round before it: lag-1 autocorrelation within
 * loads, pooled over them,
 *
 *	r1 = sum d[i] d[i+1] / sum d[i]^2,	d = round - median of its load,
 *
 * over neighbouring rounds that were both used. Not over the per-load values: 16 independent ones
 * pass 0.3 by chance in 6 % of the runs. 16 loads x 16 rounds give 240 neighbours, hence an SD of
 * about 1 / sqrt(240) = 0.065, and 0.3 is 4.6 of them away; a shorter run is judged by 3 SD
 * = 3 / sqrt(neighbours) where that is more, so that independent rounds are flagged in fewer than
 * 1 % of the figures whatever the design (all shown by test_sim.c). r1 < 1, so less than 10
 * neighbours show nothing.
 */
static bool is_autocorrelated(const struct pair *p, size_t nr, const double *centers)
{
	double num = 0, den = 0;
	size_t neighbours = 0;

	for (size_t i = 0; i < nr; i++) {
		double d = p[i].v - *centers;

		den += d * d;
		if (i + 1 == nr || p[i + 1].raw->load != p[i].raw->load) {
			centers++;
		} else if (p[i + 1].raw->round == p[i].raw->round + 1) {
			num += d * (p[i + 1].v - *centers);
			neighbours++;
		}
	}
	return num > MAX_LAG1 * den && num * sqrt(neighbours) > LAG1_SDS * den;
}

/* @slowed: of loads that were slowed as a whole, which others were measured for instead. */
struct batch_count {
	uint32_t measured, excluded, slowed;
};

static void count_batches(struct batch_count *c, const struct sample_set *set, uint32_t dropped)
{
	for (size_t i = 0; set && i < set->nr; i++) {
		if (set->v[i].flags & SAMPLE_WARMUP)
			continue;
		if (set->v[i].flags & dropped & SAMPLE_SLOWED) {
			c->slowed++;
			continue;
		}
		c->measured++;
		c->excluded += !!(set->v[i].flags & dropped);
	}
}

static bool has_lost_too_much(const struct batch_count *c)
{
	return c->excluded > MAX_EXCLUDED * c->measured || slowed_are_too_many(c->slowed, c->measured);
}

static bool loads_are_exact(const struct load *loads, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!loads[i].is_agreed ||
		    fabs(loads[i].value - loads[0].value) > loads[0].rounding * (1 + 1e-9))
			return false;
	return true;
}

/* Centre, interval and spreads of the loads; @values returns their values. 0 or -ENOMEM. */
static int fill_estimate(struct estimate *e, const struct load *loads, size_t nr, double level,
			 double *values)
{
	struct interval iv = {};
	int err;

	for (size_t i = 0; i < nr; i++)
		values[i] = loads[i].mad;
	err = stats_median(values, nr, &e->mad_within);
	for (size_t i = 0; i < nr; i++)
		values[i] = loads[i].value;
	err = err ?: stats_median(values, nr, &e->value);
	err = err ?: stats_mad(values, nr, &e->mad);
	err = err ?: stats_sign_interval(values, nr, level, &iv);
	e->lo = iv.lo;
	e->hi = iv.hi;
	e->level = iv.level;
	e->n = nr;
	return err;
}

int estimate_loads(const struct sample_set *raw, const struct sample_set *base,
		   enum clock_kind clock, double *per_load, uint32_t max)
{
	struct load *loads = NULL;
	double *scratch = NULL;
	struct pair *pairs;
	ssize_t nr;

	if (clock != CLOCK_KIND_NS && clock != CLOCK_KIND_INSN)
		return -EINVAL;
	nr = collect_pairs(raw, base, clock, &pairs);
	if (nr < 0)
		return nr;
	scratch = malloc(nr * sizeof(*scratch));
	loads = malloc(nr * sizeof(*loads));
	nr = scratch && loads ? summarise_loads(pairs, nr, clock, scratch, loads) : -ENOMEM;
	if (nr > (ssize_t)max)
		nr = max;
	for (ssize_t i = 0; i < nr; i++)
		per_load[i] = loads[i].value;
	free(loads);
	free(scratch);
	free(pairs);
	return nr;
}

/* Unstable outranks unresolved: such a figure is not fit to say whether anything is resolved. */
static enum quality judge_ns(const struct estimate *e, bool is_net, bool is_unstable)
{
	if (is_unstable)
		return QUALITY_UNSTABLE;
	return is_net && e->lo <= 0 && e->hi >= 0 ? QUALITY_UNRESOLVED : QUALITY_OK;
}

int estimate_samples(struct estimate *e, const struct sample_set *raw,
		     const struct sample_set *base, enum clock_kind clock, double level)
{
	struct batch_count batches = {};
	double *values = NULL;
	struct load *loads = NULL;
	ssize_t nr_pairs, nr = -ENOMEM;
	struct pair *pairs;
	bool is_unstable;

	if (clock != CLOCK_KIND_NS && clock != CLOCK_KIND_INSN)
		return -EINVAL;
	nr_pairs = collect_pairs(raw, base, clock, &pairs);
	if (nr_pairs < 0)
		return nr_pairs;
	values = malloc(nr_pairs * sizeof(*values));
	loads = malloc(nr_pairs * sizeof(*loads));
	if (values && loads)
		nr = summarise_loads(pairs, nr_pairs, clock, values, loads);
	if (nr < 0)
		goto cleanup;

	count_batches(&batches, raw, dropped_flags(clock));
	count_batches(&batches, base, dropped_flags(clock));
	*e = (struct estimate){ .nr_excluded = batches.excluded + batches.slowed };
	is_unstable = has_lost_too_much(&batches);
	nr = fill_estimate(e, loads, nr, level, values);
	if (nr)
		goto cleanup;
	if (clock == CLOCK_KIND_NS)
		e->quality = judge_ns(e, base, is_unstable ||
				      is_autocorrelated(pairs, nr_pairs, values));
	else if (is_unstable)
		e->quality = QUALITY_UNSTABLE;
	else
		e->quality = loads_are_exact(loads, e->n) ? QUALITY_EXACT : QUALITY_INEXACT;
cleanup:
	free(loads);
	free(values);
	free(pairs);
	return nr;
}
