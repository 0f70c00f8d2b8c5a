/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_CLAIM_H
#define BENCH_CORE_CLAIM_H

#include <math.h>
#include "doc.h"

/*
 * What the papers state, as relations between cases of one document; docs/claims.md says where each
 * comes from. A relation is one of costs: of a metric where more is better (a rate), that of the
 * reciprocals, so that a claim need not know which of the two a case reports.
 */
#define CLAIM_MAX_CASES 4

enum claim_relation {
	CLAIM_ORDER,	/* cases[0] < cases[1] < ...: two to four cases */
	CLAIM_RATIO,	/* min <= cases[0] / cases[1] <= max */
	CLAIM_GAP,	/* min <= (cases[0] - cases[1]) / (cases[2] - cases[3]) <= max */
	CLAIM_LIMIT,	/* cases[0] / cases[1] is nearer to 1 at the largest value of the parameter
			 * than at the smallest, and there within 1 +- max */
};

/* Bounds of a relation. */
#define CLAIM_AT_LEAST(k) .min = (k), .max = INFINITY
#define CLAIM_AT_MOST(k) .min = -INFINITY, .max = (k)
#define CLAIM_BETWEEN(a, b) .min = (a), .max = (b)

struct claim {
	const char *id;
	const char *paper;	/* P1 ... P5; "-": a reference figure of no paper */
	const char *section;
	const char *statement;
	enum claim_relation relation;
	/*
	 * IDs. One '*' may stand for an unsigned value of a parameter: the largest that cases[0]
	 * has in the document, and for CLAIM_LIMIT the smallest too.
	 */
	const char *cases[CLAIM_MAX_CASES];
	/* NULL: net, else raw, else the first that can be better or worse. */
	const char *metric;
	double min, max;
	bool time_only;		/* a count of instructions misleads */
	unsigned int min_cpus;	/* the relation is one of machines with at least as many */
};

/* The i-th row of the table, NULL behind the last. */
const struct claim *claim_at(size_t i);

enum claim_verdict {
	CLAIM_HOLDS,		/* the intervals say so wholly */
	CLAIM_CONTRADICTED,	/* they say the contrary wholly */
	CLAIM_UNTESTED,		/* neither; why says why */
	NR_CLAIM_VERDICTS
};
/* "holds", "does not hold", "not testable here" */
const char *claim_verdict_name(enum claim_verdict v);

struct claim_figure {
	const char *id;		/* points into the document; of a missing case into the claim */
	const struct metric *metric;	/* NULL: missing, or without the figure */
};

struct claim_result {
	const struct claim *claim;
	enum claim_verdict verdict;
	char why[256];		/* empty unless untested */
	/* CLAIM_LIMIT: both cases at the smallest value, then both at the largest. */
	struct claim_figure figures[CLAIM_MAX_CASES];
	int nr_figures;
};

/* What @doc says of @claim; @r points into both. */
void claim_evaluate(const struct claim *claim, const struct run_doc *doc, struct claim_result *r);

#endif
