/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_LINE_DIFF_H
#define BENCH_CORE_LINE_DIFF_H

#include <stddef.h>

enum edit_op { EDIT_KEEP, EDIT_DELETE, EDIT_INSERT };

/* KEEP: line a of A is line b of B; DELETE: line a goes; INSERT: line b comes. */
struct edit {
	enum edit_op op;
	size_t a, b;
};

/*
 * The shortest way from lines @a to lines @b (Myers 1986), in order. From LINE_DIFF_MAX edits on (2
 * MiB of memory) all that is between equal beginnings and ends goes and comes. @edits is to be
 * freed. 0 or -ENOMEM.
 */
#define LINE_DIFF_MAX 1024
int line_diff(const char *const *a, size_t nr_a, const char *const *b, size_t nr_b,
	      struct edit **edits, size_t *nr);

#endif
