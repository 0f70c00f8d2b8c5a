/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's root: the runner as /init, its arguments, modules in load order. */
#ifndef BENCH_VM_INITRAMFS_H
#define BENCH_VM_INITRAMFS_H

#include <stddef.h>
#include <stdint.h>

struct scratch;

struct initramfs {
	const char *runner;		/* static ELF */
	const char *const *args;
	size_t nr_args;
	char *const *modules;		/* files, compressed or not, in load order */
	size_t nr_modules;
	size_t nr_asked;		/* the first of them; the others may fail to load */
	const char *kmod_why;		/* into GUEST_KMOD, "": no such file */
	uint64_t seed;			/* another is another amount of memory taken */
};

/* Its files below the directory @dir. 0 or -errno with the reason set. */
int initramfs_unpack(struct scratch *s, const struct initramfs *in, const char *dir);
/* Writes it to @path. 0 or -errno with the reason set. */
int initramfs_write(struct scratch *s, const struct initramfs *in, const char *path);

#endif
