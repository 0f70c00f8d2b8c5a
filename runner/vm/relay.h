/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_VM_RELAY_H
#define BENCH_VM_RELAY_H

#include <stddef.h>
#include "baseline.h"
#include "options.h"
#include "report.h"
#include "vm.h"

struct relay_host {
	const char *runner;	/* bench_progs, for this host */
	const char *qemu;	/* its path, NULL when there is none */
	const char *kernel;	/* as given by -k */
	const struct vm_config *cfg;
	const char *const *facts;	/* KEY=VALUE, for the document's environment */
	size_t nr_facts;
};

/*
 * Between the runner's arguments on the host and the runner in the guest: outputs (-o) and the
 * selection belong to the host, the guest gets the rest and the numbers of the benches selected,
 * and its document feeds the outputs.
 */
struct relay_case {
	unsigned int nr;	/* in the runner's list */
	char *id;
	bool is_derived;	/* the runner makes it of what else of the family it has run */
	bool is_done;		/* its result was reported */
	bool is_lost;		/* as that of a case that took its guest along */
};

/* For the guest's runner, without the program's name. */
struct relay_args {
	char **argv;
	size_t argc;
};

struct relay {
	struct options o;
	struct reports reports;
	struct baseline baseline;
	struct doc_header header;
	struct relay_args args;		/* of the guest to come */
	struct relay_args whole_args;	/* of a part: what one guest for all would be told */
	struct relay_case *cases;	/* selected, in the order they run */
	size_t nr_cases;
	size_t first, end_case;	/* of them, those that our guests are to run */
	bool is_part;		/* and others run the others */
	struct doc_end end;	/* of all guests */
	unsigned int nr_lost;	/* cases that took their guest with them */
	const char *retried;	/* the case that runs once more: QEMU had died under it */
	bool has_header, has_end;
	bool is_finished;
	bool is_resumed;	/* there is more than one guest */
	bool needs_kmod;	/* a bench selected does */
	const struct relay_host *host;	/* must live as long as the relay */
	char qemu_version[32];
};

/*
 * Parses the runner's arguments; a wrong one, or a pattern that matches nothing, is said on stderr
 * before anything boots, by @runner itself. 0 or the exit status to end with.
 */
int relay_open(struct relay *r, const struct relay_host *host, int argc, char **argv);
/*
 * Where to cut the cases in two, at @at or near it: figures are derived in the guest that has those
 * they are derived from. The number of cases if they are of one such family.
 */
size_t relay_cut(const struct relay *r, size_t at);
/*
 * The guests are to run only the cases [first, end). With @output, which is "FORMAT:FILE", results
 * go there instead of where the user wants them. Before the first line; 0 or -errno.
 */
int relay_take_part(struct relay *r, size_t first, size_t end, const char *output);
/* Ends the output of a part. 0 or -errno. */
int relay_end_part(struct relay *r);
/* Adds what another part's output says, a jsonl document. 0 or -errno of a write, or its fault. */
int relay_add_part(struct relay *r, FILE *doc);
/* A document line of the guest, for vm_run(). */
int relay_line(void *ctx, const char *line, size_t len);
/*
 * After a guest that came to a bad end in a case: reports the case as lost (status crash, or
 * timeout if the guest hung) and makes argv what is left behind it, for another guest, and again
 * what that derives figures from. A guest
 * that lost its QEMU is no case's fault: its case is tried once more before it counts as lost.
 * 1 to go on, 0 when nothing is left or it cannot (too many were lost, or the same one again), or
 * -errno of a write.
 */
int relay_resume(struct relay *r, const struct vm_outcome *out);
/*
 * Ends the outputs behind the last guest, then the baseline's turn (baseline.h). 0 or the exit
 * status to end with if the guests have none.
 */
int relay_finish(struct relay *r, bool is_passed);
/* Ends and closes the outputs. 0 or -errno of the first that lost data; accepts a zeroed one. */
int relay_close(struct relay *r);

#endif
