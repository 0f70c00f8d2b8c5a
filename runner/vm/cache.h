/* SPDX-License-Identifier: GPL-2.0-only */
/* The cache as a whole: what is in it, how much it takes, and making it smaller. */
#ifndef BENCH_VM_CACHE_H
#define BENCH_VM_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "debian.h"

struct scratch;

/* Sizes in bytes, as the disk has them. */
struct cached_kernel {
	char version[DEBIAN_VERSION_SZ];
	char compiler[32];	/* from the kernel's banner, "" before it was extracted */
	uint64_t image, modules, headers, vmlinux;
	time_t used;
};

struct cached_list {
	struct cached_kernel *kernels;	/* in the order of their versions */
	size_t nr;
};

int cache_list(struct scratch *s, struct cached_list *l);
void cache_list_free(struct cached_list *l);
/* NULL: not in the list. */
const struct cached_kernel *cache_list_find(const struct cached_list *l, const char *version);

uint64_t cache_kernel_size(const struct cached_kernel *k);
/* What a file or a directory with all below it takes; 0 where there is none. */
uint64_t cache_size(const char *path);

/*
 * All of these want the cache's lock. 0, -EWOULDBLOCK when a launcher uses the kernel, or -errno.
 */
int cache_remove_kernel(struct scratch *s, const char *version);
int cache_remove_headers(struct scratch *s, const char *version);
void cache_remove_indices(struct scratch *s);
/* What was made of kernels that are not there any more, and specs that stand for them. */
void cache_remove_orphans(struct scratch *s, const struct cached_list *l);

#endif
