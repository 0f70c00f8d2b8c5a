/* SPDX-License-Identifier: GPL-2.0-only */
/* The @FILE of an option: one entry a line, # starts a comment. */
#ifndef BENCH_LIST_FILE_H
#define BENCH_LIST_FILE_H

#include <stddef.h>

/*
 * Hands each entry to @add, without the space around it. 0, what @add returned, or -EINVAL with
 * one line in @err: no such file, a line too long, or no entry ("holds no @what"). @err is not
 * touched otherwise.
 */
int list_file_read(const char *path, const char *what, int (*add)(void *ctx, const char *entry),
		   void *ctx, char *err, size_t err_sz);

#endif
