/* SPDX-License-Identifier: GPL-2.0-only */
/* From what the user calls a kernel to files. */
#ifndef BENCH_VM_KERNEL_H
#define BENCH_VM_KERNEL_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct scratch;

struct kernel {
	char label[128];		/* short, fit for a file name */
	char image[PATH_MAX];		/* bzImage or ELF */
	char modules[PATH_MAX];		/* where its modules are; "": nowhere known */
	char build[PATH_MAX];		/* tree that modules are built against, "": none known */
	char debian[96];		/* version of one of Debian's, "": another kernel */
};

/* 0 or -errno with verdict VM_NO_KERNEL and the reason set. May fetch a Debian kernel. */
int kernel_resolve(struct scratch *s, const char *spec, struct kernel *k);

/* That of a release as it is installed below @root, "" for this system. */
int kernel_installed(struct scratch *s, const char *root, const char *release, struct kernel *k);

/* "6.12.95-custom", as the image itself says. 0 or -errno (-ENOENT: it does not). */
int kernel_release(const char *image, char *release, size_t sz);

/* Puts which image it is into @hash: one built anew has another time or size. 0 or -errno. */
int kernel_hash_add(const struct kernel *k, uint64_t *hash);

#endif
