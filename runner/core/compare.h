/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_COMPARE_H
#define BENCH_CORE_COMPARE_H

#include "doc.h"
#include "stats.h"

enum verdict {
	VERDICT_SAME,		/* interval wholly inside +-delta; insn mode: identical */
	VERDICT_FASTER,		/* wholly beyond, after Holm over the table */
	VERDICT_SLOWER,
	VERDICT_UNRESOLVED,
	VERDICT_NA,		/* only on one side, not ok on one, unstable, or no common metric */
	NR_VERDICTS
};
const char *verdict_name(enum verdict v);

struct comparison {
	const char *id;			/* points into the documents */
	const struct result *a, *b;	/* NULL where the bench is missing */
	const struct metric_def *metric;
	double value_a, value_b;
	double shift;			/* b - a, in the metric's unit */
	struct interval shift_iv;
	double delta;			/* absolute, in the metric's unit; 0 in insn mode */
	double p;			/* two-sided, adjusted by Holm; 1 where not tested */
	enum verdict verdict;
	char why[96];			/* reason of n/a and unresolved */
};

struct comparison_table {
	struct comparison *v;
	size_t nr;
	/* Of the rows whose metric can be better or worse: not of the sizes shown beside them. */
	unsigned int nr_verdicts[NR_VERDICTS];
	enum clock_kind clock;		/* of both documents: the unit of raw, base and net */
	bool exact;			/* both documents are of counted guests */
	double noise;			/* relative: how far the reference loop moved; of a net,
					 * to hypot(raw, base) */
	double noise_floor;		/* per operation: the outer end of the A/A's intervals */
	char **env_diffs;		/* what differs between the environments and matters */
	int nr_env_diffs;
};

/*
 * What differs between two environments and can move a figure: "key: a -> b", "not recorded" for a
 * side that has no such key. 0 or -ENOMEM; strings and array are malloc()ed.
 */
int compare_env(const struct doc_header *a, const struct doc_header *b, char ***diffs, int *nr);
/*
 * A row for each ID of either document: net where there is one, else raw, else the first metric
 * that both have; and one for each of verified_insns, xlated, jited that differs.
 * 0, -EINVAL (clocks differ: one clause in @err) or -ENOMEM. The table points into both docs.
 */
int compare_docs(const struct run_doc *a, const struct run_doc *b, struct comparison_table *t,
		 char *err, size_t err_sz);
void comparison_table_free(struct comparison_table *t);

#endif
