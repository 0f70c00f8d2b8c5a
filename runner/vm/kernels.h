/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs about kernels that boot nothing. Each prints on standard output what there is or was
 * done, on standard error what went wrong, and returns the exit status.
 */
#ifndef BENCH_VM_KERNELS_H
#define BENCH_VM_KERNELS_H

#include <stddef.h>

struct vm_config;

int kernels_list(const struct vm_config *cfg);
int kernels_fetch(const struct vm_config *cfg, char *const *specs, size_t nr);
int kernels_prune(const struct vm_config *cfg, char *const *specs, size_t nr);

#endif
