/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_VM_MATRIX_H
#define BENCH_VM_MATRIX_H

struct vm_options;

/*
 * Verb matrix: boots every kernel, keeps a document each, prints families against kernels and what
 * changed from one kernel to the next. Boots that are done already, with the same runner, kernel
 * and arguments, are not repeated. The exit status.
 */
int matrix(const struct vm_options *o);

#endif
