/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A newc archive in memory. The same calls give the same bytes: modification times and owners
 * are zero and inode numbers count up.
 */
#ifndef BENCH_VM_CPIO_H
#define BENCH_VM_CPIO_H

#include <stddef.h>
#include <sys/types.h>

struct cpio {
	char *data;
	size_t len, cap;
	unsigned int nr_entries;
};

/* Names without a leading slash; a parent before its children. All return 0 or -errno. */
int cpio_dir(struct cpio *c, const char *name, mode_t mode);
int cpio_file(struct cpio *c, const char *name, mode_t mode, const void *data, size_t len);
int cpio_char_dev(struct cpio *c, const char *name, mode_t mode, unsigned int major_nr,
		  unsigned int minor_nr);
/* Writes the trailer; nothing may follow. */
int cpio_finish(struct cpio *c);
/* Its files and directories below the directory @dir; devices are left out. 0 or -errno. */
int cpio_unpack(const struct cpio *c, const char *dir);
void cpio_free(struct cpio *c);

#endif
