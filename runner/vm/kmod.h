/* SPDX-License-Identifier: GPL-2.0-only */
/* The module of runner/kmod, built for the kernel that is booted. */
#ifndef BENCH_VM_KMOD_H
#define BENCH_VM_KMOD_H

#include <stddef.h>

struct kernel;
struct scratch;

/*
 * The path of bench_kmod for @k: from the cache, where it is kept under the kernel, the source and
 * the compiler it was built from, or built now. The source is that of the tree we were built in.
 * 0 or -errno with the reason set, whose verdict means nothing: a guest runs without it as well.
 */
int kmod_build(struct scratch *s, const struct kernel *k, char *path, size_t sz);

#endif
