/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_VM_BISECT_H
#define BENCH_VM_BISECT_H

struct vm_options;

/*
 * Verb bisect: builds the kernel tree, measures one case on it and judges its figure. The exit
 * status is for "git bisect run": 0 good, 1 bad, 125 not to be tested (it does not build or boot,
 * or the case has no figure), 128 and above for what must stop the bisection.
 */
int bisect(const struct vm_options *o);

#endif
