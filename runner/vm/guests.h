/* SPDX-License-Identifier: GPL-2.0-only */
/* The guests of one run: one, others behind cases that take theirs along, and two at once. */
#ifndef BENCH_VM_GUESTS_H
#define BENCH_VM_GUESTS_H

#include "relay.h"
#include "vm_options.h"

/*
 * A counted run of many cases is shared by two guests at once: the counts of one do not feel the
 * other, and hosts have more than one CPU. Where it is cut depends on the selection alone, never
 * on the host, so that documents repeat. @out is the worse end of the two; the results are in
 * @relay, in the order of the plan. 0 or -errno.
 */
int guests_run(const struct vm_options *o, struct relay *relay, struct vm_outcome *out);

/* "bench_vm: VERDICT: reason", on stderr. */
void outcome_print(const struct vm_options *o, const struct vm_outcome *out, const char *more);

#endif
