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
	double delta;			/* in the metric's unit; counts: the clock's rounding */
	double p;			/* two-sided, adjusted by Holm; 1 where not tested */
	enum verdict verdict;
	char why[96];			/* reason of n/a and unresolved; "boots of A disagree" */
	unsigned int nr_a, nr_b;	/* boots with a figure that was used, */
	unsigned int of_a, of_b;	/* of so many that have the case */
	bool is_open;			/* unresolved, and more boots may settle it */
};

/* The boots of one side, in the order given: documents of one kernel on one machine. */
struct comparison_side {
	const struct run_doc *docs;
	size_t nr;
};

struct comparison_table {
	struct comparison *v;
	size_t nr;
	size_t nr_filtered;		/* rows that filter_comparisons() dropped */
	struct comparison_side a, b;
	/* Of the rows whose metric can be better or worse: not of the sizes shown beside them. */
	unsigned int nr_verdicts[NR_VERDICTS];
	enum clock_kind clock;		/* of both documents: the unit of raw, base and net */
	bool exact;			/* both sides are of counted guests */
	bool by_boot;			/* time: the boot is the unit, not the load */
	unsigned int nr_looks;		/* at these boots, as planned: COMPARE_LOOKS_KEY */
	double alpha;			/* of this table: COMPARE_ALPHA / nr_looks */
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
 * Boots that are looked at more than once while they come in carry the planned number of looks in
 * their environment; every look's table then takes its share of the error rate. Absent: one look.
 */
#define COMPARE_ALPHA 0.05
#define COMPARE_LOOKS_KEY "looks"
#define COMPARE_MIN_BOOTS 6u	/* a side; in counts, of small changes of what user space repeats */
#define COMPARE_BOOTS 16u	/* a side, unless told; what they find: tests/test_compare_sim.c */
#define COMPARE_MAX_BOOTS 64u	/* bound of stats_hl_shift() */
/* The boots a side at the look behind the one at @boots (0: the first): 6, 9, 12, ..., @max. */
unsigned int compare_next_look(unsigned int boots, unsigned int max);
unsigned int compare_nr_looks(unsigned int max);

/*
 * Boots of one kernel against boots of another: a row for each ID of any document: net where there
 * is one, else raw, else the first metric that both have; and one for each of verified_insns,
 * xlated, jited that differs. With one document a side the load is the unit of time mode, with more
 * on either the boot. Figures come from those boots of a side that have them.
 * 0, -EINVAL (clocks differ, or boots of one side in their environments; more than
 * COMPARE_MAX_BOOTS, or none: one clause in @err) or -ENOMEM. The table points into all documents;
 * several of time mode on a side need no samples.
 */
int compare_sets(const struct run_doc *a, size_t nr_a, const struct run_doc *b, size_t nr_b,
		 struct comparison_table *t, char *err, size_t err_sz);
/* One document a side. */
int compare_docs(const struct run_doc *a, const struct run_doc *b, struct comparison_table *t,
		 char *err, size_t err_sz);
/* The result FAMILY/slope_NAME is the slope of a line through results FAMILY/NAME:x=... */
#define SLOPE_PREFIX "slope_"
bool result_is_point_of(const struct result *r, const struct result *slope);
/* No row is left that more boots may settle. */
bool comparison_table_is_settled(const struct comparison_table *t);
/*
 * How many boots a side it takes before any of @nr tested rows can be called slower or faster by a
 * table of @nr_looks looks: Holm asks the smallest p there is, 2 / C(2n, n), to be that small.
 */
unsigned int compare_boots_needed(size_t nr, unsigned int nr_looks);
void comparison_table_free(struct comparison_table *t);

#endif
