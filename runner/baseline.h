/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_BASELINE_H
#define BENCH_BASELINE_H

#include "doc_set.h"
#include "options.h"
#include "report.h"

/*
 * --baseline and --save-baseline of a run, in the runner as in the launcher. The run's document is
 * one more of its outputs, into a file without a name, and is read back from there.
 */
struct baseline {
	const char *tool;	/* begins what is said on stderr */
	const struct options *o;
	FILE *doc;		/* NULL: neither option was given */
	struct doc_set set;	/* what is compared with */
	char path[4096];	/* its */
	bool is_slower;		/* something is, and --gate is given */
};

/*
 * Whether the paths can be used; makes the directory. Before the outputs are opened, which are
 * empty then: none of them may be what the run is compared with. 0, or -errno behind one line on
 * stderr.
 */
int baseline_check(const char *tool, const struct options *o);
/* Whether both are names of one file. */
bool baseline_is(const char *baseline, const char *path);
/*
 * Before anything runs, checked: keeps the document of the run to come. 0, or -errno behind one
 * line on stderr. The rest accepts a zeroed one.
 */
int baseline_open(struct baseline *bl, const char *tool, const struct options *o,
		  struct reports *rs);
/*
 * Reads what is compared with; of a directory what the kernel of the run chooses, without @h, while
 * that is not known, nothing. As early as can be.
 */
int baseline_read(struct baseline *bl, const struct doc_header *h);
/*
 * Behind reports_end() of a run that came to its end: compares, prints, saves if the run passed and
 * so did the gate. 0 or the exit status to end with.
 */
int baseline_finish(struct baseline *bl, struct reports *rs, bool is_passed);
void baseline_close(struct baseline *bl);

/* Exit status of a comparison: 4: nothing could be compared; with @gate 1: something is slower. */
int baseline_status(const struct comparison_table *t, bool gate);

#endif
