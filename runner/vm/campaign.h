/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several boots, some at once, each a bench_vm of its own with a document and a log: one that
 * breaks costs itself.
 */
#ifndef BENCH_VM_CAMPAIGN_H
#define BENCH_VM_CAMPAIGN_H

#include "core/doc.h"
#include "scratch.h"
#include "vm_options.h"

#define NR_BOOT_WORDS	4

struct boot {
	const char *kernel;		/* as given by -k */
	char doc[PATH_MAX], log[PATH_MAX];
	char words[NR_BOOT_WORDS][64];	/* this boot's own options, up to the first "" */
	char args[NR_BOOT_WORDS][DOC_MAX_NAME + 1];	/* and its runner's */
	const char *deny;		/* and a list of what this one leaves out, or NULL */
	int status;			/* of its bench_vm; < 0: it did not run */
	double wall_s;
	char reason[256];		/* last line of the log */
	struct proc proc;		/* while it runs */
	double started_s;
};

struct campaign {
	struct scratch *s;
	const struct vm_options *o;
	unsigned int jobs;		/* at once */
	void (*ended)(void *ctx, const struct boot *b);
	void *ctx;
};

/*
 * The runner's arguments make sense for many boots; else a line on stderr and -EINVAL. @seed is the
 * run's; may be NULL.
 */
int campaign_check_args(const struct vm_options *o, uint64_t *seed);
/* How many guests at once: told, or as many as CPUs where they are counted, else 1. */
unsigned int campaign_jobs(struct scratch *s, const struct vm_options *o);
/*
 * Runs those with status < 0 and a kernel, in order. 0, -EINTR after a signal (running guests are
 * ended in order), or -errno of what kept one from starting.
 */
int campaign_run(const struct campaign *c, struct boot *boots, size_t nr);
/*
 * A name for @kernel's files: "debian:6.12" is "debian-6.12", and "debian-6.12-arm64" in a guest of
 * another architecture than this machine's. 0 or -ENAMETOOLONG.
 */
int campaign_file_name(const struct vm_arch *arch, const char *kernel, char *name, size_t sz);

#endif
