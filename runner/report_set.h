/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_REPORT_SET_H
#define BENCH_REPORT_SET_H

#include "exec.h"

#define REPORT_SET_MAX 16

/* The loads that were made, and how many of them count. */
struct load_set {
	uint32_t wanted, nr, nr_kept;
	bool *is_slowed;
};

/* What a family reports beside the time, one value a load (NAN: it had none). Begins as {}. */
struct report_set {
	const char *metric[REPORT_SET_MAX];
	double *v[REPORT_SET_MAX];
	int nr;
};

/*
 * Asks the executor behind the rounds of load @load, of at most @max_loads. 0, -ENOSPC (too many
 * metrics), -EEXIST (one twice), -ENOMEM, or what the executor said.
 */
int report_set_take(struct report_set *set, struct exec *x, uint32_t load, uint32_t max_loads);
/* Adds them to the result unless @err is set, and frees them. @err, or an error of its own. */
int report_set_end(struct report_set *set, const struct load_set *loads, struct result *r, int err);

#endif
