/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "core/filter.h"
#include "core/metric.h"
#include "core/select.h"

enum verb {
	VERB_RUN,
	VERB_LIST,
	VERB_SHOW,
	VERB_COMPARE,
	VERB_DISASM,
	VERB_DOCTOR,
	VERB_HELP,
	VERB_VERSION
};

#define OPTIONS_MAX_OUT 8
#define OPTIONS_MAX_FILES 2
/* Rounds of all loads: their samples must fit into one line of a document (DOC_MAX_LINE). */
#define OPTIONS_MAX_ROUNDS 100000u

/* What a command line says; the launcher parses the runner's arguments with the same function. */
struct options {
	enum verb verb;
	struct selector selector;	/* -t -a -d -n; @file lists are read in */
	char **choices;			/* the same as given: "-t", "map*", "-n", "3", ... */
	size_t nr_choices;
	char *outputs[OPTIONS_MAX_OUT];	/* -o fmt[:file] */
	int nr_outputs;
	char *files[OPTIONS_MAX_FILES];	/* show DOC, compare A B, disasm DOC ID */
	int nr_files;
	char *exec;			/* --exec kernel, fake, fake:... */
	bool clock_auto;
	enum clock_kind clock;
	bool has_seed;
	uint64_t seed;
	unsigned int loads, rounds;	/* 0: the default of the clock */
	unsigned int timeout;		/* seconds for one bench; 0: default */
	bool quick;
	bool gate;			/* compare, run with a baseline: exit 1 on slower */
	char *baseline;			/* run: a document, or a directory of them */
	char *save_baseline;		/* run: the directory of RELEASE.jsonl */
	struct filter filter;		/* compare, show: -f and -s; @file lists are read in */
	unsigned int nr_lists;		/* of filters */
	bool claims;			/* show: the papers' claims instead of the cases */
	int verbose;
};

/*
 * 0, -EINVAL (one line of what is wrong and how to mend it in @err) or -ENOMEM. argv[0] is the
 * program's name. The result is freed by options_free() in every case.
 */
int options_parse(struct options *o, int argc, char **argv, char *err, size_t err_sz);
void options_free(struct options *o);
void options_help(FILE *out);

#endif
