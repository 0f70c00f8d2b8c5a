/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the parts of the comparison: one row, what it rests on, what it may err by. */
#ifndef BENCH_CORE_COMPARE_ROW_H
#define BENCH_CORE_COMPARE_ROW_H

#include "compare.h"

/* A case in one boot of a side. */
struct boot {
	const struct result *r;
	const struct run_doc *doc;
	size_t nr;		/* of the boot */
};

/* The boots that have the case at all, in order; may be none. */
struct row_side {
	const struct boot *v;
	size_t nr;
};

/* The noise floor as far as it is known: the largest of what was seen, and whether anything was. */
struct noise {
	double relative;
	double floor;		/* in the clock's unit per operation */
	bool is_known;
};

/* The boots of a side whose figure of the row's metric may be used. */
struct figures {
	const struct result *r[COMPARE_MAX_BOOTS];
	const struct estimate *est[COMPARE_MAX_BOOTS];
	const struct run_doc *doc[COMPARE_MAX_BOOTS];
	size_t nr;
};

/* What is the same for all rows of a table. */
struct row_rule {
	enum clock_kind clock;
	bool by_boot;
	double level;		/* of the intervals */
	struct noise noise;	/* of the sides as a whole */
};

/* The values of the units (loads, or boots) of a figure on one side. */
struct units {
	double v[COMPARE_MAX_BOOTS];
	size_t nr;
};

__attribute__((format(printf, 3, 4)))
void conclude(struct comparison *c, enum verdict v, const char *fmt, ...);
/* What a shift that is really there means for the metric. */
void conclude_shift(struct comparison *c, bool is_up);
void conclude_exact(struct comparison *c);
/* Without units: the interval of a difference that two intervals allow, by Bonferroni. */
void conclude_intervals(struct comparison *c, const struct interval *a, const struct interval *b);
/* Exact in each boot, and the same in all. */
bool figures_repeat(const struct figures *f);
/* Of one boot at least on either side; @clock: of the documents. */
void compare_counts(struct comparison *c, const struct figures *a, const struct figures *b,
		    enum clock_kind clock);
/* 1: tested, the verdict waits for Holm; 0: there is a verdict; or -ENOMEM */
int compare_row(struct comparison *c, const struct row_side *a, const struct row_side *b,
		const struct row_rule *rule);

int noise_of_sides(const struct comparison_table *t, struct noise *n);
/* Adds what the reference loop of the row did from @a to @b, its units: loads or boots. */
int noise_add_row(struct noise *n, const struct units *a, const struct units *b, bool by_boot);
/* Of at least one. */
double units_mean(const struct units *u);

#endif
