/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>
#include <sys/types.h>
#include "core/claim.h"
#include "core/compare.h"
#include "core/doc.h"

/*
 * A reporter turns what a document holds into one format. Each is one const object; run, show and
 * the launcher all feed the same ones. Calls come in order: begin, result..., end. Every function
 * returns 0 or -errno of the write. @end is NULL when the run was cut short.
 */
struct reporter;

struct report_out {
	const struct reporter *ops;
	FILE *out;
	char *path;		/* NULL: stdout */
	int verbose;		/* -v count */
	bool is_tty;		/* progress and time left may be shown */
	size_t nr;		/* results so far */
	double started;		/* CLOCK_MONOTONIC seconds at begin, for the time left */
	const struct doc_header *header;	/* valid from begin to end */
	void *priv;		/* one malloc()ed block: reports_close() frees it */
	off_t good;		/* of a file: what is whole ends here; -1: cannot be cut */
	bool is_hidden;		/* of the run alone, not of what is said behind it */
	bool has_progress;	/* the line under the cursor is to be wiped */
	int err;		/* the first error: said once, then this output is left alone */
};

/* What a document says of each claim. */
struct claim_report {
	const struct doc_header *header;
	const struct claim_result *v;
	size_t nr;
};

struct reporter {
	const char *name;	/* what -o says */
	const char *help;
	bool is_prose;		/* for people: more may stand behind a run's results */
	int (*begin)(struct report_out *o, const struct doc_header *h);
	int (*result)(struct report_out *o, const struct result *r);
	int (*end)(struct report_out *o, const struct doc_end *e);
	int (*compare)(struct report_out *o, const struct comparison_table *t);	/* may be NULL */
	int (*claims)(struct report_out *o, const struct claim_report *c);	/* may be NULL */
};

extern const struct reporter report_table, report_md, report_ktap, report_jsonl;
/* NULL for an unknown format; reporter_at(i) is NULL behind the last. */
const struct reporter *reporter_find(const char *name);
const struct reporter *reporter_at(size_t i);

/*
 * All outputs of one command. report_open() takes "fmt" or "fmt:file" ("fmt:-": stdout); a file is
 * created (truncated) at once, so that a bad path fails before anything runs, and so is its
 * directory, but none above that. Errors are one line on stderr that names the file, and -EINVAL
 * (unknown format, two outputs on stdout) or -errno.
 */
#define REPORT_MAX_OUT 8
struct reports {
	struct report_out out[REPORT_MAX_OUT + 1];	/* and a hidden one */
	int nr;
};
int reports_open(struct reports *rs, const char *spec, int verbose);
/* One more output, which only a run's own results go to; reports_close() closes @out. */
void reports_add_hidden(struct reports *rs, const struct reporter *ops, FILE *out);
int reports_begin(struct reports *rs, const struct doc_header *h);
int reports_result(struct reports *rs, const struct result *r);
int reports_end(struct reports *rs, const struct doc_end *e);
int reports_compare(struct reports *rs, const struct comparison_table *t);
/*
 * A comparison of a run (B) with the document @a, behind its results: in the outputs that are for
 * people, or if there are none as a table on stdout, or stderr if stdout is taken.
 */
int reports_compare_behind(struct reports *rs, const struct comparison_table *t, const char *a);
/* -EOPNOTSUPP, as of a comparison, if the format of an output has none. */
int reports_claims(struct reports *rs, const struct claim_report *c);
/* Closes files; the first -errno of any output, now or before. A progress line is wiped. */
int reports_close(struct reports *rs);

/* For people: control characters (C0, DEL, C1) of @text become spaces. NULL is nothing. */
void report_put_text(FILE *out, const char *text);
/* "14.5 ns/op [14.2, 14.9] 97.7%", with as many digits as the interval resolves. */
void report_figure(char *buf, size_t sz, const struct metric *m, enum clock_kind clock);
/* At least CELL_SZ; as many digits as @width, of an interval (0: exact), tells of @size. */
#define CELL_SZ 32
void report_number(char *buf, double value, double size, double width);

/* The figures of a row of a comparison; all empty but a and b ("-") where there are none. */
struct comparison_cells {
	char metric[64];	/* "net ns/op" */
	char a[CELL_SZ], b[CELL_SZ];
	char change[CELL_SZ + 1];	/* "+1.5" */
	char interval[2 * CELL_SZ + 4];	/* "[1.2, 1.8]", empty of an exact one */
	char percent[CELL_SZ];	/* "+10%", empty where A is not above 0 */
	char delta[CELL_SZ];
};
void report_comparison_cells(struct comparison_cells *cells, const struct comparison *c,
			     enum clock_kind clock);
/* Why the verdict, and on how many boots it rests if not on all; empty: nothing to say. */
void report_why(char *buf, size_t sz, const struct comparison *c, const struct comparison_table *t);
/* "; 551 of 577 rows have fewer", or nothing: rows that not all boots have. */
void report_fewer_boots(char *buf, size_t sz, const struct comparison_table *t);
/* "5 % over the table, 95 % intervals": what the verdicts of a table are worth. */
void report_rates(char *buf, size_t sz, const struct comparison_table *t);
/* Neither kernel could run it, which says nothing of either; a size, neither better nor worse. */
bool report_is_skipped(const struct comparison *c);
bool report_is_size(const struct comparison *c);
/* The table of claims; with -v the cases that have no figure too. */
int report_claims_table(struct report_out *o, const struct claim_report *c);

#endif
