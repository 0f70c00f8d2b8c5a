/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_CODE_DIFF_H
#define BENCH_CORE_CODE_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* An instruction, or a heading. */
struct code_line {
	char *text;		/* without the target of a branch */
	int64_t at;		/* byte in its function; -1: a heading */
	int64_t target;		/* line of the listing that it branches to; -1: none */
};

struct code_listing {
	struct code_line *v;
	size_t nr;
	size_t nr_insns;
};

struct code_diff;
/*
 * Branches are equal if they go to lines that correspond to each other, wherever these are. 0 or
 * -ENOMEM; the listings must outlive it.
 */
int code_diff__new(struct code_diff **d, const struct code_listing *a,
		   const struct code_listing *b);
bool code_diff__is_empty(const struct code_diff *d);
/* The same lines go and come, wherever they are: two programs changed in the same way. */
bool code_diff__equals(const struct code_diff *d, const struct code_diff *other);
/*
 * Unified, with three lines of context and labels for targets. Places that changed in the same way
 * in @but (may be NULL), that of the baseline, are only counted. Stops behind @max lines and says
 * how many follow.
 */
void code_diff__print(const struct code_diff *d, const struct code_diff *but, FILE *out,
		      size_t max);
void code_diff__free(struct code_diff *d);	/* accepts NULL */

#endif
