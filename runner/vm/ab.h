/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_VM_AB_H
#define BENCH_VM_AB_H

struct vm_options;

/*
 * Verb ab: boots two kernels, as often as their clock asks for, and reports what changed from the
 * first to the second. The exit status.
 */
int ab(const struct vm_options *o);

#endif
