/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's argument vector for each accelerator. */
#ifndef BENCH_VM_QEMU_H
#define BENCH_VM_QEMU_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "vm.h"

#define QEMU_NR_ARGS	(64 + NR_QEMU_ARGS_MAX)

struct scratch;
struct vm_arch;

struct qemu_guest {
	const struct vm_arch *arch;
	const char *qemu;
	const char *kernel;
	const char *initrd;
	const char *console;	/* files QEMU writes; no comma inside, it would end the option */
	const char *channel;
	enum vm_accel accel;	/* not AUTO */
	bool has_cx16;		/* emulated CPUs: cmpxchg16b */
	unsigned int nr_cpus;
	unsigned int mem_mib;
	const char *const *extra;	/* behind all others */
	size_t nr_extra;
};

struct qemu_args {
	char *argv[QEMU_NR_ARGS];
	int argc;
	char text[2 * PATH_MAX + 2048];	/* what argv points into */
	size_t used;
};

/* 0 or -E2BIG. @a must not move afterwards. */
int qemu_args_build(const struct qemu_guest *g, struct qemu_args *a);

/* For another program that starts QEMU: the parts that make a guest comparable. */
void qemu_args_add(struct qemu_args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* CPU model, counting, clock, seed. @can_record: QEMU can record what all of its devices do. */
void qemu_args_add_cpu(struct qemu_args *a, const struct qemu_guest *g, bool can_record);
/* The kernel's command line. 0 or -E2BIG. */
int qemu_cmdline(const struct qemu_guest *g, const char *console, const char *channel, char *text,
		 size_t sz);

/* Full path of @name (NULL: the architecture's) as execvp would find it. 0 or -ENOENT. */
int qemu_find(const struct vm_arch *arch, const char *name, char *path, size_t sz);
/* The same for guests of @s, with the reason set. */
int qemu_require(struct scratch *s, const char *name, char *path, size_t sz);

/* The N of "version N.x" in what --version prints; 0: no such text. */
unsigned int qemu_major(const char *text);

/*
 * Whether a guest of this kernel gets cmpxchg16b under TCG. Up to 7.2 QEMU's leaves garbage in
 * EFLAGS when flags that its block set before are not computed yet: it computes them by another
 * operation's rule, and the next pushf and popf make of them what comes: 6.12 oopsed in most boots.
 * In SLUB's per-CPU fast path they always are (6.12: at 13 places of 13, behind the XORs that hide
 * a free pointer); at the three places that 7.3 has left, a branch and loads come before. So a
 * kernel that needs it has it where it has no such fast path, or with QEMU 8. All others go
 * without, so that their figures agree with those that were.
 */
bool qemu_has_cx16(struct scratch *s, const char *qemu, const void *elf, size_t len);

#endif
