/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_FILTER_H
#define BENCH_CORE_FILTER_H

#include "compare.h"

/*
 * Which rows of a comparison, or results of a document, are shown, and in which order. One table of
 * columns (filter.c) serves both.
 *
 *	expression = term { "," term }			all must hold
 *	term = [ "!" ] ( COLUMN op value | glob )	a glob: of the whole ID, or the family
 *	op = "<" | "<=" | ">" | ">=" | "=" | "!="	of texts only = and !=, with a glob
 *	COLUMN = NAME | "|" NAME "|"			| |: the absolute value
 *	key = COLUMN [ ":asc" | ":desc" ]
 *
 * NAME is a column or a metric: of a comparison metric_a, metric_b, metric_diff or metric_pct, the
 * plain name being B's. A row that has no such value meets no comparison, and so any that is
 * negated; it is sorted last either way. A comma in front of name=value, name being no column,
 * belongs to the ID before it.
 */
enum filter_rows { FILTER_COMPARISONS, FILTER_RESULTS, NR_FILTER_ROWS };

struct filter {
	enum filter_rows rows;
	struct filter_term *terms;
	size_t nr;
	struct filter_key *keys;
	size_t nr_keys;
};

/*
 * Adding: 0, -ENOMEM, or -EINVAL with a clause that names the offending part in @err. Expressions
 * that are added with one @list (not 0) are alternatives: one of them must hold, or with @is_denied
 * none.
 */
int filter_add(struct filter *f, const char *expression, unsigned int list, bool is_denied,
	       char *err, size_t err_sz);
/* "key,key,..." */
int filter_add_keys(struct filter *f, const char *keys, char *err, size_t err_sz);
void filter_free(struct filter *f);

/* Drops rows and sorts the others. Verdicts stay counted of all. 0 or -ENOMEM. */
int filter_comparisons(const struct filter *f, struct comparison_table *t);
/* @shown gets the results that are shown, in order, and has room for all. 0 or -ENOMEM. */
int filter_results(const struct filter *f, const struct run_doc *doc, const struct result **shown,
		   size_t *nr_shown);
/* The names of all columns but the metrics, by spaces, for the help. */
void filter_columns(enum filter_rows rows, char *buf, size_t sz);

#endif
