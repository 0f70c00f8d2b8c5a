// SPDX-License-Identifier: GPL-2.0-only
#include "metric.h"

#include <errno.h>
#include <string.h>

/*
 * min_effect 0.02: on the noisiest machine the method was tried on, 95 of 100 A/A differences of
 * 16 loads x 20 rounds lay within 1.6 %, so a smaller change of a time cannot
 * be told from none. Program sizes are neither better nor worse: what a longer image costs is
 * seen in net. A slope has no reference loop of its own row to show drift: 0.05.
 */
static const struct metric_def metric_defs[] = {
	{ "net",		"",		BETTER_LOWER,	0.02 },
	{ "raw",		"",		BETTER_LOWER,	0.02 },
	{ "base",		"",		BETTER_LOWER,	0.02 },
	{ "ref",		"",		BETTER_LOWER,	0.02 },
	{ "slope",		"",		BETTER_LOWER,	0.05 },
	{ "r2",			"ratio",	BETTER_NEITHER,	0 },
	{ "throughput",		"op/s",		BETTER_HIGHER,	0.05 },
	{ "bandwidth",		"bytes/s",	BETTER_HIGHER,	0.05 },
	{ "latency_mean",	"ns",		BETTER_LOWER,	0.05 },
	{ "latency_p50",	"ns",		BETTER_LOWER,	0.05 },
	{ "latency_p90",	"ns",		BETTER_LOWER,	0.05 },
	{ "latency_p95",	"ns",		BETTER_LOWER,	0.05 },
	{ "latency_p99",	"ns",		BETTER_LOWER,	0.10 },
	{ "verify_time",	"ns",		BETTER_LOWER,	0.05 },
	{ "verify_time_per_insn", "ns",		BETTER_LOWER,	0.05 },
	{ "jit_time",		"ns",		BETTER_LOWER,	0.10 },
	{ "verified_insns",	"insns",	BETTER_NEITHER,	0 },
	{ "total_states",	"states",	BETTER_NEITHER,	0 },
	{ "peak_states",	"states",	BETTER_NEITHER,	0 },
	{ "max_states_per_insn", "states",	BETTER_NEITHER,	0 },
	{ "stack_depth",	"bytes",	BETTER_NEITHER,	0 },
	{ "memory",		"bytes",	BETTER_NEITHER,	0 },
	{ "l1d_misses",		"1/op",		BETTER_LOWER,	0.05 },
	{ "llc_misses",		"1/op",		BETTER_LOWER,	0.10 },
	{ "drops",		"ratio",	BETTER_LOWER,	0.05 },
	{ "xlated",		"bytes",	BETTER_NEITHER,	0 },
	{ "jited",		"bytes",	BETTER_NEITHER,	0 },
	{ "error",		"ratio",	BETTER_LOWER,	0.05 },
};

#define NR_METRICS (sizeof(metric_defs) / sizeof(metric_defs[0]))

const struct metric_def *metric_find(const char *name)
{
	for (size_t i = 0; i < NR_METRICS; i++)
		if (!strcmp(metric_defs[i].name, name))
			return &metric_defs[i];
	return NULL;
}

const struct metric_def *metric_at(size_t i)
{
	return i < NR_METRICS ? &metric_defs[i] : NULL;
}

const char *metric_unit(const struct metric_def *def, enum clock_kind clock)
{
	static const char *const per_op[NR_CLOCK_KINDS] = {
		[CLOCK_KIND_NS] = "ns/op",
		[CLOCK_KIND_INSN] = "insn/op",
		[CLOCK_KIND_NONE] = "none",
	};

	return def->unit[0] ? def->unit : per_op[clock];
}

const char *better_name(enum better better)
{
	static const char *const names[] = {
		[BETTER_LOWER] = "lower",
		[BETTER_HIGHER] = "higher",
		[BETTER_NEITHER] = "neither",
	};

	return names[better];
}

static const char *const clock_kind_names[NR_CLOCK_KINDS] = {
	[CLOCK_KIND_NS] = "ns",
	[CLOCK_KIND_INSN] = "insn",
	[CLOCK_KIND_NONE] = "none",
};

const char *clock_kind_name(enum clock_kind clock)
{
	return clock_kind_names[clock];
}

int clock_kind_parse(const char *name, enum clock_kind *clock)
{
	for (int i = 0; i < NR_CLOCK_KINDS; i++) {
		if (!strcmp(clock_kind_names[i], name)) {
			*clock = i;
			return 0;
		}
	}
	return -EINVAL;
}
