/* SPDX-License-Identifier: GPL-2.0-only */
/* The launcher's command line: verbs and options, one table each. */
#ifndef BENCH_VM_OPTIONS_H
#define BENCH_VM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "module.h"
#include "report.h"
#include "vm.h"

enum vm_verb {
	VM_VERB_BOOT,
	VM_VERB_MATRIX,
	VM_VERB_AB,
	VM_VERB_BISECT,
	VM_VERB_VMLINUX,
	VM_VERB_KERNELS,
	VM_VERB_FETCH,
	VM_VERB_PRUNE,
	VM_VERB_HELP,
};

#define NR_KERNELS_MAX	64
#define NR_FACTS_MAX	16

struct vm_options {
	enum vm_verb verb;
	struct vm_config cfg;		/* cfg.kernel is the only one of kernels, else NULL */
	char *kernels[NR_KERNELS_MAX];	/* -k, in their order, @file lists read in */
	size_t nr_kernels;
	const char *modules[NR_MODULES_MAX];
	const char *facts[NR_FACTS_MAX];	/* --env KEY=VALUE */
	size_t nr_facts;
	const char *qemu_args[NR_QEMU_ARGS_MAX];
	char *outputs[REPORT_MAX_OUT];	/* ab: -o FMT[:FILE]; vmlinux: one, a file */
	size_t nr_outputs;
	const char *results;		/* where documents go; NULL: the verb's default */
	const char *metric;		/* bisect: ID[,METRIC] */
	const char *before;		/* bisect: the document to be not worse than, or NULL */
	const char *build;		/* bisect: the command that builds, or NULL */
	double max;			/* bisect: without before */
	bool has_max;
	bool gate;			/* ab, matrix: status 1 if anything is slower */
	const char *baseline, *save_baseline;	/* matrix: as the runner's */
	unsigned int runs;		/* ab: boots a side; 0: as many as it takes */
	unsigned int jobs;		/* guests at once; 0: as many as fit */
	/*
	 * The runner's, behind "--" or from the first word on. Of verbs that boot several guests
	 * their own -t, -a, -d and -n come first.
	 */
	char **args;
	int nr_args;
	/* The options of a boot as they were given, "--accel", "insn", ...: for guests to come. */
	char **boot_args;
	int nr_boot_args;
	bool is_verbose;
};

/*
 * 0 or -EINVAL, with one line on stderr that names what is wrong. Most strings point into @argv;
 * vm_options_free() frees the others, and accepts what failed to parse.
 */
int vm_options_parse(struct vm_options *o, int argc, char **argv);
void vm_options_free(struct vm_options *o);
void vm_options_help(FILE *out);

#endif
