/* SPDX-License-Identifier: GPL-2.0-only */
/* The launcher's command line: verbs and options, one table each. */
#ifndef BENCH_VM_OPTIONS_H
#define BENCH_VM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "module.h"
#include "vm.h"

enum vm_verb { VM_VERB_BOOT, VM_VERB_VMLINUX, VM_VERB_HELP };

#define NR_KERNELS_MAX	64

struct vm_options {
	enum vm_verb verb;
	struct vm_config cfg;		/* cfg.kernel is the only one of kernels, else NULL */
	char *kernels[NR_KERNELS_MAX];	/* -k, in their order, @file lists read in */
	size_t nr_kernels;
	const char *modules[NR_MODULES_MAX];
	const char *output;		/* vmlinux: -o FILE */
	char **args;			/* the runner's: behind "--", or from the first word on */
	int nr_args;
	bool is_verbose;
};

/*
 * 0 or -EINVAL, with one line on stderr that names what is wrong. Strings point into @argv but for
 * the kernels, which vm_options_free() frees; it accepts what failed to parse.
 */
int vm_options_parse(struct vm_options *o, int argc, char **argv);
void vm_options_free(struct vm_options *o);
void vm_options_help(FILE *out);

#endif
