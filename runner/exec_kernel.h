/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of the executor "kernel", shared by its two halves. */
#ifndef BENCH_EXEC_KERNEL_H
#define BENCH_EXEC_KERNEL_H

#include "bench_family.h"
#include "exec.h"
#include "xlated.h"

struct slot_state {
	struct bench_run run;
	uint32_t nr_loads;
	bool is_refused;		/* BASE_REFUSED: the system calls fail on purpose */
	bool is_watched;		/* the last batch said itself what counts of it */
	struct insn_counts insns;
	void *args;			/* bench_args[] of the object; NULL: it has none */
	/* What the largest verified batch summed up; every timed one of its size must agree. */
	uint64_t checked_ops, checked_sink;
};

struct exec_kernel {
	struct slot_state slots[NR_SLOTS];
	struct workers *workers;
	int steal_fd;
	int stats_fd;			/* -1: the kernel does not count runs */
	uint64_t steal;			/* ticks, at the end of the last round */
};

/* One batch of about @ops operations of what is loaded; @sink: what they returned in sum. */
int kernel_run_slot(struct exec *x, struct slot_state *st, uint64_t ops, struct sample *s,
		    uint64_t *sink);
/* How often a test-run driver's program runs for @runs counted runs. */
uint64_t kernel_expected_runs(const struct exec *x, const struct slot_state *st, uint64_t runs);
/* The mapped variable @name of a data section; NULL if the object has none of that name. */
void *kernel_find_variable(struct bpf_object *obj, const char *section, const char *name,
			   size_t *sz);
/* An error of a family's own operation: its clause, or the bare error. */
int kernel_family_fail(struct exec *x, const struct bench_run *r, int err, const char *what);

#endif
