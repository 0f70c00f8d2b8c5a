/* SPDX-License-Identifier: GPL-2.0-only */
/* One allocation fails on demand: what is included here is linked with --wrap by the Makefile. */
#ifndef FAIL_ALLOC_H
#define FAIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

static long fail_after = -1;	/* the allocation behind so many others fails; -1: none */

void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *s);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *s);

static bool fails(void)
{
	return fail_after >= 0 && !fail_after--;
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

#endif
