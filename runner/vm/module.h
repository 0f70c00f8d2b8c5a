/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel modules for the guest: names to files, dependencies first. */
#ifndef BENCH_VM_MODULE_H
#define BENCH_VM_MODULE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct scratch;

#define NR_MODULES_MAX	99	/* two digits order them in the guest */

struct module_list {
	char *paths[NR_MODULES_MAX];	/* in load order */
	size_t nr;
	size_t nr_asked;		/* the first ones; nobody named the others */
};

/*
 * Appends what @spec stands for. A file (it has a slash or ".ko" in it) is taken as it is; a name
 * is looked up below @dir, and what it depends on goes in front of it. A name that is not there
 * is only noted: it may be built in, and otherwise the runner skips what needs it. 0 or -errno
 * with the reason set.
 */
int module_list_add(struct scratch *s, struct module_list *l, const char *dir, const char *spec);
/*
 * Behind all others: what families need of the modules below @dir, without a word about those that
 * are not there. 100 KB (5.10) to 390 KB (7.2) of the initramfs.
 */
int module_list_add_usual(struct scratch *s, struct module_list *l, const char *dir);
void module_list_free(struct module_list *l);

/* The whole file, decompressed; the caller frees. 0 or -errno (-ENOEXEC: no module). */
int module_read(const char *path, char **data, size_t *len);

/* The comma-separated names a module depends on, "" for none. False when it says nothing. */
bool module_depends(const void *data, size_t len, char *depends, size_t sz);

/* Whether the file's name is that of module @name; '-' and '_' are the same there. */
bool module_name_matches(const char *file, const char *name);

#endif
