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
/* 1: tested, the verdict waits for Holm; 0: there is a verdict; or -ENOMEM */
int compare_row(struct comparison *c, const struct row_side *a, const struct row_side *b,
		const struct row_rule *rule);

int noise_of_sides(const struct comparison_table *t, struct noise *n);
/* Adds what the reference loop of the row did from @a to @b, its units: loads or boots. */
int noise_add_row(struct noise *n, const struct units *a, const struct units *b, bool by_boot);
/* Of at least one. */
double units_mean(const struct units *u);

#endif
