/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_SELECT_H
#define BENCH_CORE_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bench.h"

/*
 * Which benches run. As in test_progs: a bench is selected when it matches any of the allowed
 * patterns (all, when there is none), none of the denied ones, and any of the numbers if given.
 * A pattern is a glob over the whole ID or the family.
 */
enum select_kind { SELECT_NAME /* -t: anywhere in the ID */, SELECT_ALLOW /* -a */,
		   SELECT_DENY /* -d */ };

struct pattern {
	enum select_kind kind;
	char *text;
};

struct selector {
	struct pattern *v;
	size_t nr;
	struct range {
		size_t first, last;	/* 1-based, inclusive */
	} *ranges;
	size_t nr_ranges;
};

/*
 * @arg: patterns separated by commas that do not stand inside parameters (a comma in front of
 * "name=value" belongs to an ID that has a ':' or a '=' before it). 0, -EINVAL with a clause in
 * @err, or -ENOMEM.
 */
int selector_add(struct selector *s, enum select_kind kind, const char *arg, char *err,
		 size_t err_sz);
/* One pattern, taken whole. */
int selector_add_one(struct selector *s, enum select_kind kind, const char *text);
/* "1,3-5" */
int selector_add_numbers(struct selector *s, const char *arg, char *err, size_t err_sz);
/*
 * selected[i] for each of the list. -EINVAL when a pattern, or a number, matches no
 * bench at all: it is named in @err.
 */
int selector_apply(const struct selector *s, const struct bench_list *list, bool *selected,
		   char *err, size_t err_sz);
void selector_free(struct selector *s);

#endif
